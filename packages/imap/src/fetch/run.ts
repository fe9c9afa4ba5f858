import { SEEN, StoreError, type FetchWants, type Uid } from '@mailstead/store'
import type { CommandContext } from '../command.ts'
import { ImapNo } from '../errors.ts'
import { knowsModSeqs } from '../modseq.ts'
import { Pace } from '../pace.ts'
import type { Selected } from '../session.ts'
import type { FetchAttribute, FetchValue } from './item.ts'
import { flagsAttribute, modSeqAttribute, uidAttribute } from './items.ts'
import { fetchFromMemory, isForgotten } from './from-memory.ts'
import type { Listed } from './listed.ts'
import { FetchedMessage } from './message.ts'
import { batchesOf } from './rows.ts'
import { isAtHand, prepareValue, writeAtHand, writeValue } from './write.ts'

type SelectedContext = CommandContext<Selected>

/**
 * Answers FETCH for `uids` (ascending, known to the view). Resolves to the number of messages that are gone for good
 * and were left out. What needs no row never asks the database.
 */
export async function runFetch(
  context: SelectedContext,
  uids: readonly Uid[],
  asked: readonly FetchAttribute[],
  byUid: boolean,
): Promise<number> {
  const attributes = context.respond.uidOnly ? withoutUid(asked) : byUid ? withUid(asked) : asked
  const wants = joinWants(attributes)
  // One for all batches: each by itself is soon done.
  const pace = new Pace(context.respond)
  if (wants === undefined) return fetchFromMemory(context, uids, attributes, pace)
  const setsSeen = context.session.view.permission.setsSeen && attributes.some((attribute) => attribute.setsSeen === true)
  const listed = listedOf(context, attributes)
  let answered = 0
  let refusal: Refusal | undefined
  for await (const { uids: batch, rows } of batchesOf(context.session, uids, wants, (some) => listed?.hasAll(some) === true)) {
    if (rows === undefined) {
      answered += batch.length - (await fetchFromMemory(context, batch, attributes, pace, listed))
      continue
    }
    const messages = rows.map((row) => new FetchedMessage(row.uid, row, context.session.store.blobs))
    const refused = await check(messages, attributes, pace)
    refusal ??= refused
    const answerable = refused === undefined ? messages : messages.filter((message) => !refused.messages.has(message))
    const seen = setsSeen ? await markSeen(context, answerable) : undefined
    for (const message of answerable) {
      const told = answer(context, message, attributes, { nowSeen: seen?.has(message.uid) ?? false, pace, listed })
      if (typeof told === 'boolean' ? told : await told) answered++
      const pause = pace.pause()
      if (pause !== undefined) await pause
    }
    context.respond.whenSent(() => context.session.store.release(rows))
  }
  if (refusal !== undefined) throw refusal.error
  return uids.length - answered
}

/** Where the values of these items are kept, if all that needs a row lasts, nothing is marked as seen, and nobody can take the right to read away meanwhile. */
function listedOf({ session, services }: SelectedContext, attributes: readonly FetchAttribute[]): Listed | undefined {
  const reading = attributes.filter((attribute) => attribute.wants !== undefined)
  if (session.view.permission.shared || attributes.some((attribute) => attribute.setsSeen === true)) return undefined
  if (!reading.every((attribute) => attribute.lasting === true)) return undefined
  return services.listed.of(session.view.mailbox.id, reading)
}

/** RFC 3501 section 6.4.8: UID FETCH tells the UID whether asked for or not. */
function withUid(asked: readonly FetchAttribute[]): readonly FetchAttribute[] {
  return asked.some((attribute) => attribute.tellsUid === true) ? asked : [uidAttribute, ...asked]
}

/** UIDFETCH begins with the UID, and does not say it again; but it has to say something. */
function withoutUid(asked: readonly FetchAttribute[]): readonly FetchAttribute[] {
  const others = asked.filter((attribute) => attribute.tellsUid !== true)
  return others.length === 0 ? asked : others
}

/** Messages that cannot be answered, and what the command ends with because of them. */
interface Refusal {
  readonly error: ImapNo
  readonly messages: ReadonlySet<FetchedMessage>
}

async function check(messages: readonly FetchedMessage[], attributes: readonly FetchAttribute[], pace: Pace): Promise<Refusal | undefined> {
  const checking = attributes.filter((attribute) => attribute.check !== undefined)
  if (checking.length === 0) return undefined
  const refused = new Map<FetchedMessage, ImapNo>()
  for (const message of messages) {
    try {
      for (const attribute of checking) await attribute.check?.(message)
    } catch (error) {
      if (error instanceof ImapNo) refused.set(message, error)
      // Who is gone is found out when he is to be answered.
      else if (!(error instanceof StoreError) || error.code !== 'message-not-found') throw error
    }
    await pace.pause()
  }
  const [error] = refused.values()
  return error === undefined ? undefined : { error, messages: new Set(refused.keys()) }
}

function joinWants(attributes: readonly FetchAttribute[]): FetchWants | undefined {
  const wants = attributes.flatMap((attribute) => attribute.wants ?? [])
  const bodyUpTo = wants.flatMap((each) => each.bodyUpTo ?? [])
  return wants.length === 0 ? undefined : Object.assign({}, ...wants, bodyUpTo.length === 0 ? {} : { bodyUpTo: Math.max(...bodyUpTo) })
}

/** Sets \Seen where it is not yet, in one call. Resolves to the messages it changed. */
async function markSeen({ session, respond, peer }: SelectedContext, messages: readonly FetchedMessage[]): Promise<ReadonlySet<Uid>> {
  const { view, store } = session
  const unseen = messages.filter(({ uid, row }) => !row.expunged && (view.systemFlagsOf(uid) & SEEN) === 0).map(({ uid }) => uid)
  if (unseen.length === 0) return new Set()
  try {
    const { modSeq, changed } = await store.changeFlags(view.mailbox.id, unseen, { mode: 'add', flags: { system: SEEN, keywords: [] } })
    if (changed) {
      view.silence(modSeq, unseen)
      await view.index.reach(modSeq)
    }
  } catch (error) {
    if (!(error instanceof StoreError) || (error.code !== 'unavailable' && error.code !== 'not-permitted')) throw error
    // A full disk is no reason to keep mail from being read.
    peer.log.warn('imap: cannot mark messages as seen', { mailbox: view.mailbox.id, error: error.message })
    return new Set()
  }
  view.keywords.tellNew(respond)
  return new Set(unseen)
}

interface AnswerOptions {
  /** The command has set \\Seen. */
  readonly nowSeen: boolean
  readonly pace: Pace
  /** Keeps what lasts. */
  readonly listed: Listed | undefined
}

/** One FETCH response; false when the message is gone for good, and nothing was written. Waits only for what has to be read. */
function answer(
  context: SelectedContext,
  message: FetchedMessage,
  attributes: readonly FetchAttribute[],
  { nowSeen, pace, listed }: AnswerOptions,
): boolean | Promise<boolean> {
  const { session, respond, services } = context
  const told = nowSeen ? withChange(attributes, session, respond.uidOnly) : attributes
  if (isForgotten(message.uid, told, session)) return false
  // All are begun at once, so that flags and modseq are of the same moment.
  const values = told.map((attribute) => begin(attribute, message, session, pace))
  if (!values.every(isAtHand)) return answerLater(context, message, told, values)
  if (listed !== undefined) {
    services.listed.keep(
      listed,
      message.uid,
      values.filter((value, index): value is string | Uint8Array => told[index]?.lasting === true),
    )
  }
  let before = respond.message({ number: session.view.numberOf(message.uid), uid: message.uid })
  for (const [index, attribute] of told.entries()) {
    const value = values[index] ?? 'NIL'
    respond.write(`${before}${attribute.label} `)
    writeAtHand(respond, value)
    before = ' '
  }
  respond.write(')\r\n')
  return true
}

/** A value, the promise of one, or that of an error. */
function begin(attribute: FetchAttribute, message: FetchedMessage, session: Selected, pace: Pace): FetchValue | Promise<FetchValue> {
  try {
    return attribute.value(message, session, pace)
  } catch (error) {
    return Promise.reject(error as Error)
  }
}

async function answerLater(
  { session, respond, peer }: SelectedContext,
  message: FetchedMessage,
  told: readonly FetchAttribute[],
  begun: readonly (FetchValue | Promise<FetchValue>)[],
): Promise<boolean> {
  let values: readonly FetchValue[]
  try {
    values = await Promise.all(begun.map(async (value) => value))
    // Nothing is written before it is sure that the blob is still there.
    if (message.row.body === undefined) for (const value of values) await prepareValue(message, value)
  } catch (error) {
    if (error instanceof StoreError && error.code === 'message-not-found') return false
    throw error
  }
  let before = respond.message({ number: session.view.numberOf(message.uid), uid: message.uid })
  for (const [index, attribute] of told.entries()) {
    respond.write(`${before}${attribute.label} `)
    await writeValue({ respond, peer }, message, values[index] ?? 'NIL', { mailbox: session.view.mailbox.id })
    before = ' '
  }
  respond.write(')\r\n')
  return true
}

/** What the client asked for, and what it has to know of a message whose flags have changed. */
function withChange(attributes: readonly FetchAttribute[], session: Selected, uidOnly: boolean): readonly FetchAttribute[] {
  const modSeqs = knowsModSeqs(session)
  const told = [...attributes]
  if (!attributes.some((attribute) => attribute.tellsFlags === true)) told.push(flagsAttribute)
  // RFC 7162 section 3.2.4.
  if (modSeqs && !uidOnly && !attributes.some((attribute) => attribute.tellsUid === true)) told.push(uidAttribute)
  if (modSeqs && !attributes.some((attribute) => attribute.tellsModSeq === true)) told.push(modSeqAttribute)
  return told
}
