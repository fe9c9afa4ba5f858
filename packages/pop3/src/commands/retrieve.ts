import { CHUNK_SIZE, StoreError, type MessageRow } from '@mailstead/store'
import { DotStuffer, messageNumber, TopCutter } from '@mailstead/wire'
import { argumentsOf, transaction, type CommandContext } from '../command.ts'
import { ConnectionLost } from '@mailstead/net'
import { Pop3Refusal } from '../errors.ts'
import { TOP_STEP } from '../limits.ts'
import type { ReadMessage } from '../read-ahead.ts'
import type { Transaction } from '../session.ts'
import { fieldsToDowngrade, isAsciiAtHand, surrogate } from '../surrogate.ts'
import { presentMessage } from './message.ts'

type Context = CommandContext<Transaction>

const retr = transaction('RETR', async (context, argument) => {
  const [word = ''] = argumentsOf(argument, 1, 1, 'RETR message')
  const number = presentMessage(context.session.maildrop, word)
  await send(context, number, undefined)
  return {}
})

const top = transaction('TOP', async (context, argument) => {
  const [word = '', lines = ''] = argumentsOf(argument, 2, 2, 'TOP message lines')
  const number = presentMessage(context.session.maildrop, word)
  await send(context, number, new TopCutter(messageNumber(lines)))
  return {}
})

export const retrieveCommands = [retr, top]

/** The message, or its top. Nothing is said before it is sure that the message is still there. */
async function send(context: Context, number: number, cutter: TopCutter | undefined): Promise<void> {
  const { maildrop } = context.session
  const message = await maildrop.read(number)
  if (message === undefined) throw gone(number)
  const { row } = message
  if (cutter === undefined && row.body !== undefined && (context.peer.choices.utf8 || isAsciiAtHand(row))) {
    sendAtHand(context, message, [row.prefix, row.body])
    return
  }
  const whole = octetsOf(context, row, cutter === undefined)
  const ranges = context.peer.choices.utf8 ? undefined : await fieldsToDowngrade(row, number, maildrop).catch(unlessGone(number))
  const pieces = ranges === undefined ? whole : surrogate(whole, ranges)
  const first = await pieces.next().catch(unlessGone(number))
  context.respond.ok((texts) => (cutter === undefined ? texts.octets(row.size) : texts.topFollows))
  try {
    await stream(context, first, pieces, cutter)
  } catch (error) {
    if (error instanceof ConnectionLost) throw error
    // The client waits for octets that will never come, and takes whatever follows for them: there is no other way out.
    context.peer.log.error('pop3: a message cannot be read to its end', { uid: row.uid, error })
    context.peer.destroy()
    throw new ConnectionLost('a message could not be finished')
  }
  context.respond.whenSent(() => message.done())
}

/** A message that came along with its row, as nearly all do: it goes out as it is, and nothing is waited for. */
function sendAtHand({ respond }: Context, message: ReadMessage, pieces: readonly Uint8Array[]): void {
  const stuffer = new DotStuffer()
  respond.ok((texts) => texts.octets(message.row.size))
  for (const piece of pieces) respond.put(stuffer.push(piece))
  respond.text(stuffer.end())
  respond.whenSent(() => message.done())
}

function unlessGone(number: number): (error: unknown) => never {
  return (error) => {
    throw error instanceof StoreError && error.code === 'message-not-found' ? gone(number) : error
  }
}

/** Another session expunged it, and it was freed since. */
function gone(number: number): Pop3Refusal {
  return new Pop3Refusal((texts) => texts.removedElsewhere(number))
}

async function stream(
  { respond }: Context,
  first: IteratorResult<Uint8Array, void>,
  rest: AsyncGenerator<Uint8Array, void>,
  cutter: TopCutter | undefined,
): Promise<void> {
  const stuffer = new DotStuffer()
  for (let piece = first; piece.done !== true; piece = await rest.next()) {
    const octets = cutter === undefined ? piece.value : piece.value.subarray(0, cutter.push(piece.value))
    const behind = respond.bytes(stuffer.push(octets))
    if (behind !== undefined) await behind
    if (cutter?.done === true) break
  }
  respond.text(stuffer.end())
}

/** Prefix and blob. A whole large blob is read in chunks, the next while the client takes this one; its top in smaller steps. */
async function* octetsOf(
  { session, respond }: Context,
  { prefix, body, blob, blobSize }: MessageRow,
  whole: boolean,
): AsyncGenerator<Uint8Array, void> {
  const { blobs } = session.maildrop
  if (body !== undefined) {
    yield prefix
    yield body
    return
  }
  const read = (at: number): Promise<Uint8Array> => blobs.read(blob, at, whole ? CHUNK_SIZE : TOP_STEP)
  function* passing(piece: Uint8Array): Generator<Uint8Array, void> {
    yield piece
    // Who asks for more has written all that came of it.
    respond.whenSent(() => blobs.release(piece))
  }
  let octets = await read(0)
  yield prefix
  for (let at = octets.length; at < blobSize; at += octets.length) {
    const next = whole ? read(at) : undefined
    // Whether the client stays to take it is not known.
    next?.catch(() => {})
    yield* passing(octets)
    octets = await (next ?? read(at))
    if (octets.length === 0) throw new StoreError('message-not-found', 'The message ends too early')
  }
  yield* passing(octets)
}
