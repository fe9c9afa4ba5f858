import assert from 'node:assert/strict'
import type { Client } from '../client.ts'
import { explain } from './flag-history.ts'
import { parseResponse } from './response.ts'
import { lastAlive, type Claim, type Told, type Truth } from './truth.ts'
import type { World } from './world.ts'

/** A message at the end. */
export interface Final {
  readonly flags: string
  readonly modSeq: number
}

export interface Figures {
  readonly messages: number
  readonly versions: number
  readonly acts: number
  readonly claims: number
  readonly counted: number
  /** Messages whose flags were not followed to the end, as too many orders are possible. */
  readonly givenUp: number
}

/** The next UID of a mailbox. */
export async function nextUid(client: Client, mailbox: string): Promise<number> {
  const [status = ''] = await client.ok(`STATUS ${mailbox} (UIDNEXT)`)
  const given = parseResponse(status)
  assert.ok(given.kind === 'status', status)
  return given.items.get('UIDNEXT') ?? 0
}

/** What a client that comes last finds in a mailbox, by UID. Holds STATUS against it, too. */
export async function readAll(client: Client, truth: Truth): Promise<Map<number, Final>> {
  const { mailbox } = truth
  const [status = ''] = await client.ok(`STATUS ${mailbox} (MESSAGES UNSEEN DELETED UIDNEXT SIZE HIGHESTMODSEQ)`)
  const given = parseResponse(status)
  assert.ok(given.kind === 'status', status)
  await client.ok(`SELECT ${mailbox} (CONDSTORE)`)
  const found = new Map<number, Final>()
  const sum = { UNSEEN: 0, DELETED: 0, SIZE: 0, MESSAGES: 0 }
  const responses = await client.ok(given.items.get('MESSAGES') === 0 ? 'NOOP' : 'FETCH 1:* (UID FLAGS MODSEQ BODY.PEEK[])')
  for (const text of responses) {
    const response = parseResponse(text)
    if (response.kind !== 'fetch') continue
    const { uid = 0, flags = '', modSeq = 0, body = '' } = response
    truth.sawBody(uid, body)
    truth.sawFlags(uid, modSeq, flags, 'the last client')
    found.set(uid, { flags, modSeq })
    const names = flags.split(' ')
    sum.MESSAGES++
    sum.SIZE += body.length
    if (!names.includes('\\Seen')) sum.UNSEEN++
    if (names.includes('\\Deleted')) sum.DELETED++
  }
  for (const [name, value] of Object.entries(sum)) assert.equal(given.items.get(name), value, `STATUS of ${mailbox}: ${name}`)
  assert.ok((given.items.get('UIDNEXT') ?? 0) > Math.max(0, ...found.keys()), 'UIDNEXT is below a UID')
  assert.ok(
    (given.items.get('HIGHESTMODSEQ') ?? 0) >= Math.max(0, ...[...found.values()].map(({ modSeq }) => modSeq)),
    'HIGHESTMODSEQ is below a modseq',
  )
  return found
}

/** Holds all that was told in the run against each other and against the end. `given`: how many UIDs each mailbox has given. */
export function verify(world: World, ends: ReadonlyMap<string, ReadonlyMap<number, Final>>, given: ReadonlyMap<string, number>): Figures {
  spreadTexts(world)
  blameOthers(world)
  let [messages, versions, acts, claims, counted, givenUp] = [0, 0, 0, 0, 0, 0]
  for (const truth of world.mailboxes) {
    const end = ends.get(truth.mailbox) ?? new Map<number, Final>()
    checkFates(truth, end)
    checkArrivals(world, truth, given.get(truth.mailbox) ?? 0)
    for (const told of truth.messages.values()) {
      const { wrong, tooLong } = explain(told, end.has(told.uid))
      assert.equal(wrong, undefined, wrong)
      messages++
      versions += told.versions.size
      acts += told.acts.length
      if (tooLong === true) givenUp++
    }
    for (const claim of truth.claims) checkClaim(truth, claim)
    checkCounts(truth)
    claims += truth.claims.length
    counted += truth.counted.length
  }
  checkTexts(world)
  return { messages, versions, acts, claims, counted, givenUp }
}

/** Who was said to be gone is gone, and who is there has its newest modseq. */
function checkFates(truth: Truth, end: ReadonlyMap<number, Final>): void {
  for (const told of truth.messages.values()) {
    if (end.has(told.uid)) assert.equal(told.goneBefore, Infinity, `UID ${told.uid} of ${truth.mailbox} was said to be gone, but is there`)
    // Nobody knew its UID when it left, so it may have left at any time.
    else if (told.goneBefore === Infinity) told.goneAfter = lastAlive(told)
  }
  for (const [uid, { modSeq }] of end) {
    const newest = Math.max(...(truth.messages.get(uid)?.versions.keys() ?? []))
    assert.equal(modSeq, newest, `UID ${uid} of ${truth.mailbox} ends with a modseq below the one that was told`)
  }
}

/** Each UID stands for a text of its own, unless a reply named it as a copy. */
function checkTexts(world: World): void {
  const loose = new Map<string, number>()
  const unexplained = new Map<string, Told[]>()
  for (const truth of world.mailboxes) {
    for (const told of truth.messages.values()) {
      if (told.text === undefined) continue
      loose.set(told.text, (loose.get(told.text) ?? world.texts.get(told.text)?.loose ?? 0) + told.looseCopies)
      if (told.origin === undefined) unexplained.set(told.text, [...(unexplained.get(told.text) ?? []), told])
      else if (typeof told.origin !== 'string') {
        assert.equal(told.text, told.origin.text ?? told.text, `UID ${told.uid} of ${truth.mailbox} is not the message it was copied from`)
      }
    }
  }
  for (const [name, list] of unexplained) {
    assert.ok(
      list.length <= (loose.get(name) ?? 0),
      `the text ${name} is there more often than anybody stored it: UIDs ${list.map(({ uid }) => uid).join(', ')}`,
    )
  }
}

/** Messages came when their texts were written, and those that POP3 clients may have removed need no other reason to be gone. */
function blameOthers(world: World): void {
  for (const truth of world.mailboxes) {
    for (const told of truth.messages.values()) {
      const text = told.text === undefined ? undefined : world.texts.get(told.text)
      if (text === undefined ? world.removesUnseen : text.removable) told.moved = true
      if (text !== undefined && told.bornAfter === 0) told.bornAfter = text.begun
    }
  }
}

/**
 * As many UIDs were given as messages have come: none is lost on its way, none stored twice. Of those whose answers never came the ones
 * that somebody has seen did come.
 */
function checkArrivals(world: World, { mailbox, arrived, mayHaveArrived, messages }: Truth, given: number): void {
  const unexplained = [...messages.values()].filter(({ origin, text }) => origin === undefined && text !== undefined)
  const told = new Set(unexplained.flatMap(({ text = '' }) => (world.texts.get(text)?.delivered === true ? [text] : [])))
  const least = arrived + unexplained.length - told.size
  const most = arrived + mayHaveArrived
  assert.ok(given >= least && given <= most, `${mailbox} has given ${given} UIDs to ${least} messages at least and ${most} at most`)
}

/** A copy has the text of what was copied, whichever of them somebody has read. */
function spreadTexts(world: World): void {
  const copies = world.mailboxes.flatMap((truth) => [...truth.messages.values()].filter(({ origin }) => typeof origin === 'object'))
  for (let changed = true; changed;) {
    changed = false
    for (const copy of copies) {
      const origin = copy.origin as Told
      if ((copy.text === undefined) === (origin.text === undefined)) continue
      copy.text = origin.text ??= copy.text
      changed = true
    }
  }
}

/** Who was told that it knows all up to some modseq knew the flags and arrivals up to there. */
function checkClaim(truth: Truth, { client, moment, modSeq, uids, modSeqs }: Claim): void {
  for (const [index, uid] of uids.entries()) {
    const known = modSeqs[index] ?? 0
    const told = truth.messages.get(uid)
    // What became of a message that has left by now it need not be told.
    if (known === 0 || told === undefined || told.goneAfter < moment) continue
    for (const version of told.versions.keys()) {
      assert.ok(
        version <= known || version > modSeq,
        `${moment} ${client} was told all up to ${modSeq}, but of UID ${uid} only ${known}, not ${version}`,
      )
    }
  }
  const last = uids.at(-1) ?? 0
  for (let uid = last + 1; uid <= last + 3; uid++) {
    for (const version of truth.messages.get(uid)?.versions.keys() ?? []) {
      const { goneBefore = 0 } = truth.messages.get(uid) ?? {}
      assert.ok(
        version > modSeq || goneBefore < Infinity,
        `${moment} ${client} was told all up to ${modSeq}, but not of UID ${uid}, which has ${version}`,
      )
    }
  }
}

/** STATUS counts who was there all the time, and at most who may have been. */
function checkCounts(truth: Truth): void {
  const all = [...truth.messages.values()]
  const sortedBy = (key: 'bornAfter' | 'bornBefore' | 'goneAfter' | 'goneBefore'): number[] =>
    all.map((told) => told[key]).sort((a, b) => a - b)
  const bornAfter = sortedBy('bornAfter')
  const bornBefore = sortedBy('bornBefore')
  const goneAfter = sortedBy('goneAfter')
  const goneBefore = sortedBy('goneBefore')
  for (const { client, begun, answered, items } of truth.counted) {
    const messages = items.get('MESSAGES') ?? 0
    const least = below(bornBefore, begun) - below(goneAfter, answered)
    const most = below(bornAfter, answered) - below(goneBefore, begun)
    assert.ok(
      messages >= least && messages <= most,
      `${client} is told ${messages} messages in ${truth.mailbox} at ${begun}, there were ${least} to ${most}`,
    )
  }
}

/** How many of the ascending numbers are below `limit`. */
function below(ascending: readonly number[], limit: number): number {
  let [from, to] = [0, ascending.length]
  while (from < to) {
    const middle = (from + to) >> 1
    if ((ascending[middle] ?? Infinity) < limit) from = middle + 1
    else to = middle
  }
  return from
}
