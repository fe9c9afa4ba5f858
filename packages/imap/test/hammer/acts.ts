import assert from 'node:assert/strict'
import type { Actor } from './actor.ts'
import type { Answer } from './line.ts'
import { reconnect } from './reconnect.ts'
import { apply, expand, type Response, type Sign } from './response.ts'
import { FLAGS, flagChange, numbersOf, targets, uidsOf, type Target } from './targets.ts'
import type { Act, Told, Truth } from './truth.ts'

/** Messages below which it appends, and above which it removes, more often. */
const FEW = 8
const MANY = 60

/** Does one thing by chance. `idle`: how long IDLE may last (ms). */
export async function act(actor: Actor, idle: number): Promise<void> {
  const { random, belief } = actor
  const count = belief.messages.length
  if (count < FEW && random.chance(0.5)) return append(actor)
  if (count > MANY && random.chance(0.3)) return clearOut(actor)
  const acts = [
    (who: Actor) => who.learnNew(),
    (who: Actor) => who.learnNew(),
    noop,
    readByNumber,
    readByNumber,
    readByUid,
    store,
    store,
    store,
    storeUnlessChanged,
    storeUnlessChanged,
    search,
    append,
    append,
    expunge,
    copy,
    move,
    pipeline,
    pipeline,
    status,
    changedSince,
    (who: Actor) => who.idle(random.int(idle)),
    reconnect,
    actor.kind === 'qresync' ? reconnect : noop,
  ]
  await random.pick(acts)(actor)
}

async function noop(actor: Actor): Promise<void> {
  await actor.run([{ text: 'NOOP' }])
}

async function readByNumber(actor: Actor): Promise<void> {
  const chosen = targets(actor)
  if (chosen.length > 0) await actor.run([{ text: `FETCH ${numbersOf(chosen)} (UID BODY.PEEK[])` }])
}

/** Without PEEK the server sets \Seen. */
async function readByUid(actor: Actor): Promise<void> {
  const chosen = targets(actor)
  if (chosen.length === 0) return
  // Flags and modseq are of the same moment, whatever stands between them.
  const items = (body: string): string => (actor.kind === 'plain' ? `FLAGS ${body}` : `FLAGS ${body} MODSEQ`)
  if (actor.random.chance(0.5)) {
    await actor.run([{ text: `UID FETCH ${uidsOf(chosen)} (${items('BODY.PEEK[]')})` }])
    return
  }
  await acting(actor, chosen, { sign: '+', flags: ['\\Seen'], unless: undefined }, `UID FETCH ${uidsOf(chosen)} (${items('BODY[]')})`)
}

/** Runs a command that changes flags, and notes what it was answered. */
async function acting(
  actor: Actor,
  chosen: readonly Target[],
  what: Pick<Act, 'sign' | 'flags' | 'unless'>,
  text: string,
): Promise<Answer> {
  const { truth, name } = actor
  const acts = chosen.map(({ uid }) => truth.act(uid, { client: name, ...what }))
  const told = new Map<number, { readonly modSeq: number; readonly flags: string | undefined }>()
  const [answer] = await actor.run([
    {
      text,
      turn() {
        // What it asks for itself it knows at once; what the server says afterwards is newer.
        if (what.unless === undefined && text.includes('STORE'))
          for (const { message } of chosen) message.flags = apply(message.flags, what.sign, what.flags)
      },
      take(response) {
        if (response.kind !== 'fetch') return
        const target = chosen.find(({ uid }) => uid === (response.uid ?? actor.belief.messages[response.number - 1]?.uid))
        if (target !== undefined) told.set(target.uid, { modSeq: response.modSeq ?? Infinity, flags: response.flags })
      },
    },
  ])
  assert.ok(answer !== undefined)
  const byUid = text.startsWith('UID ')
  const refused = new Set(expand(/^MODIFIED (\S+)$/.exec(answer.code)?.[1] ?? ''))
  for (const [index, { uid, number }] of chosen.entries()) {
    const one = acts[index]
    if (one === undefined) continue
    one.answered = actor.world.tick()
    const last = told.get(uid)
    const shows = last !== undefined && (last.flags === undefined || apply(last.flags, what.sign, what.flags) === last.flags)
    // Of a message that left meanwhile the last that was told may be what another did to it.
    const certain = answer.code !== 'EXPUNGEISSUED' || shows
    one.upTo = (certain ? last?.modSeq : undefined) ?? Infinity
    if (refused.has(byUid ? uid : number)) one.outcome = 'refused'
    else if (certain) one.outcome = 'done'
  }
  return answer
}

async function store(actor: Actor): Promise<void> {
  const chosen = targets(actor)
  if (chosen.length === 0) return
  const { sign, flags } = flagChange(actor)
  const item = `${sign}FLAGS${actor.random.pick(['', actor.silent])} (${flags.join(' ')})`
  const text = actor.random.chance(0.5) ? `UID STORE ${uidsOf(chosen)} ${item}` : `STORE ${numbersOf(chosen)} ${item}`
  await acting(actor, chosen, { sign, flags, unless: undefined }, text)
}

/** It is told the flags, whether its condition held or not. */
async function storeUnlessChanged(actor: Actor): Promise<void> {
  if (actor.kind === 'plain') return store(actor)
  const chosen = targets(actor).filter(({ message }) => message.modSeq !== undefined)
  if (chosen.length === 0) return
  const unless = Math.max(...chosen.map(({ message }) => message.modSeq ?? 0)) - (actor.random.chance(0.2) ? 1 : 0)
  const { sign, flags } = flagChange(actor)
  const item = `(UNCHANGEDSINCE ${unless}) ${sign}FLAGS (${flags.join(' ')})`
  const byUid = actor.random.chance(0.5)
  const text = byUid ? `UID STORE ${uidsOf(chosen)} ${item}` : `STORE ${numbersOf(chosen)} ${item}`
  const answer = await acting(actor, chosen, { sign, flags, unless }, text)
  const modified = expand(/^MODIFIED (\S+)$/.exec(answer.code)?.[1] ?? '')
  // Of messages that are gone nobody is told what happened to them last.
  if (modified.length > 0) await noop(actor)
  for (const name of modified) {
    const target = chosen.find(({ uid, number }) => name === (byUid ? uid : number))
    assert.ok(target !== undefined, `MODIFIED names ${name}, which was not asked for`)
    const { modSeq = 0 } = target.message
    assert.ok(
      modSeq > unless || actor.belief.find(target.uid) === undefined,
      `${answer.text}, though nothing was told to have changed since ${unless}`,
    )
  }
}

/** Messages whose modseqs are the same before and after have to be found by the flags they had. */
async function search(actor: Actor): Promise<void> {
  const { belief, random } = actor
  const flag = random.pick(FLAGS)
  const key = flag.startsWith('\\') ? flag.slice(1).toUpperCase() : `KEYWORD ${flag}`
  const before = belief.messages.map((message, index) => ({ message, number: index + 1, ...message }))
  let found: readonly number[] | undefined
  let count = 0
  await actor.run([
    {
      text: `SEARCH ${key}`,
      take(response: Response) {
        if (response.kind !== 'search') return
        found = response.numbers
        count = belief.messages.length
      },
    },
  ])
  assert.ok(found !== undefined, 'SEARCH was not answered')
  for (const number of found) assert.ok(number <= count, `SEARCH found number ${number} of ${count}`)
  const same = before.filter(({ message, modSeq }) => modSeq !== undefined && message.modSeq === modSeq)
  // Of messages that are gone nobody is told what happened to them last.
  await noop(actor)
  for (const { message, number, uid, flags } of same) {
    if (uid === undefined || flags === undefined || belief.find(uid) !== message) continue
    assert.equal(
      found.includes(number),
      flags.split(' ').includes(flag),
      `SEARCH ${key} and number ${number}, UID ${uid} (${flags}), do not agree`,
    )
  }
}

/** Without waiting for "+"; the reply says which UID the text was given. */
async function append(actor: Actor): Promise<void> {
  const { world, random, name } = actor
  const mailbox = actor.mailboxes[random.chance(0.8) ? 0 : 1]
  const flags = random.chance(0.5) ? [] : [random.pick(FLAGS)]
  const text = world.write(name, random.int(300))
  const begun = world.tick()
  const [answer] = await actor.run([{ text: `APPEND ${mailbox} (${flags.join(' ')}) {${text.length}+}\r\n${text}` }])
  const uid = /^APPENDUID (\d+) (\d+)$/.exec(answer?.code ?? '')
  assert.ok(uid !== null, answer?.text)
  const told = world.mailbox(mailbox).gotUid(Number(uid[2]), world.nameOf(text, 'APPEND'), begun)
  told.appendedWith = flags.join(' ')
  told.bornBefore = world.tick()
}

async function expunge(actor: Actor): Promise<void> {
  const uids = uidsOf(targets(actor))
  const all = actor.random.chance(0.5) || uids === ''
  // Messages may come and go without a word between two commands of a client.
  await actor.removing(() => actor.run([{ text: all ? 'EXPUNGE' : `UID EXPUNGE ${uids}` }]), all ? 'unknown' : 'none')
}

/** Removes a good part of what there is. */
async function clearOut(actor: Actor): Promise<void> {
  for (let times = 3; times > 0; times--) {
    const chosen = targets(actor, 8)
    if (chosen.length > 0)
      await acting(actor, chosen, { sign: '+', flags: ['\\Deleted'], unless: undefined }, `UID STORE ${uidsOf(chosen)} +FLAGS (\\Deleted)`)
  }
  await expunge(actor)
}

async function copy(actor: Actor): Promise<void> {
  const chosen = targets(actor)
  if (chosen.length === 0) return
  const target = actor.random.pick(actor.mailboxes)
  const begun = actor.world.tick()
  const byUid = actor.random.chance(0.5)
  const [answer] = await actor.run([{ text: `${byUid ? `UID COPY ${uidsOf(chosen)}` : `COPY ${numbersOf(chosen)}`} ${target}` }])
  checkCopied(actor.truth, chosen, answer?.code ?? '', actor.world.mailbox(target), begun)
}

/** COPYUID names messages that were meant, and a new UID for each. */
function checkCopied(source: Truth, chosen: readonly Target[], code: string, target: Truth, begun: number): Told[] {
  const [, , from = '', to = ''] = /^COPYUID (\d+) (\S+) (\S+)$/.exec(code) ?? []
  const taken = expand(from)
  const given = expand(to)
  assert.equal(given.length, taken.length, code)
  return taken.map((uid, index) => {
    assert.ok(
      chosen.some((message) => message.uid === uid),
      `${code} names UID ${uid}, wanted were ${uidsOf(chosen)}`,
    )
    const told = target.gotUid(given[index] ?? 0, source.of(uid), begun)
    told.bornBefore = target.world.tick()
    return source.of(uid)
  })
}

/** To the other mailbox, or to the end of the same, under fresh UIDs. */
async function move(actor: Actor): Promise<void> {
  if (!actor.mayMove) return copy(actor)
  const chosen = targets(actor)
  if (chosen.length === 0) return
  const { truth, world, random } = actor
  const target = random.pick(actor.mailboxes)
  const begun = world.tick()
  const taken: Told[] = []
  const text = `${random.chance(0.5) ? `UID MOVE ${uidsOf(chosen)}` : `MOVE ${numbersOf(chosen)}`} ${target}`
  await actor.removing(() =>
    actor.run([
      {
        text,
        take(response) {
          if (response.kind !== 'code' || response.name !== 'COPYUID') return
          taken.push(...checkCopied(truth, chosen, `COPYUID ${response.value}`, world.mailbox(target), begun))
          for (const told of taken) told.moved = true
        },
      },
    ]),
  )
  // What others have moved it need not have been told yet.
  for (const { uid } of taken) assert.equal(actor.belief.find(uid), undefined, `UID ${uid} was moved, but is still there`)
}

/** Commands that no EXPUNGE may part, so that numbers mean the same in all of them. */
async function pipeline(actor: Actor): Promise<void> {
  const { truth, belief, name } = actor
  const [target] = targets(actor)
  if (target === undefined) return
  const { number, uid, message } = target
  const acts: Act[] = []
  const storing = (sign: Sign, flag: string): { text: string; turn: () => void } => {
    acts.push(truth.act(uid, { client: name, sign, flags: [flag], unless: undefined }))
    return {
      text: `STORE ${number} ${sign}FLAGS${actor.silent} (${flag})`,
      turn() {
        message.flags = apply(message.flags, sign, [flag])
      },
    }
  }
  const answers = await actor.run([
    { text: `FETCH ${number} (UID)` },
    storing('+', '\\Flagged'),
    { text: `SEARCH ${number} FLAGGED` },
    storing('-', '$Work'),
    { text: `FETCH ${number} (UID BODY.PEEK[])` },
  ])
  assert.equal(belief.messages[number - 1], message)
  for (const [index, one] of acts.entries()) {
    one.answered = actor.world.tick()
    if (answers[1 + 2 * index]?.code !== 'EXPUNGEISSUED') one.outcome = 'done'
  }
}

async function status(actor: Actor): Promise<void> {
  const { world, belief, random, truth } = actor
  const mailbox = random.pick(actor.mailboxes)
  const about = world.mailbox(mailbox)
  const begun = world.tick()
  const items = `MESSAGES UIDNEXT${actor.kind === 'plain' ? '' : ' HIGHESTMODSEQ'}`
  let counted: ReadonlyMap<string, number> | undefined
  await actor.run([
    {
      text: `STATUS ${mailbox} (${items})`,
      take(response) {
        if (response.kind !== 'status') return
        counted = response.items
        if (about === truth) belief.claims(response.items.get('HIGHESTMODSEQ') ?? 0)
      },
    },
  ])
  assert.ok(counted !== undefined, 'STATUS was not answered')
  about.counted.push({ client: actor.name, begun, answered: world.tick(), items: counted })
}

/** Everything since some time, VANISHED included: nothing that it does not know, once all is told. */
async function changedSince(actor: Actor): Promise<void> {
  if (actor.kind === 'plain') return noop(actor)
  const { belief } = actor
  const since = Math.max(1, belief.highest - actor.random.int(30))
  const modifiers = `(CHANGEDSINCE ${since}${actor.kind === 'qresync' ? ' VANISHED' : ''})`
  await actor.run([{ text: `UID FETCH 1:* (FLAGS) ${modifiers}` }])
}
