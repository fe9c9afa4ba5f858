import { parseBdat } from '@mailstead/wire'
import type { OctetSink } from '../adapter/wire.ts'
import { Chunks } from '../incoming.ts'
import { SWALLOW_FACTOR } from '../limits.ts'
import { flood, reply, say, type SmtpReply } from '../replies.ts'
import type { Session } from '../session.ts'
import type { Command } from './command.ts'

/** RFC 3030 section 2: a chunk of a message, as many octets as it says; LAST ends the message, and its answer follows the commit. */
export const bdat: Command = {
  verb: 'BDAT',
  syntax: 'BDAT size [LAST]',
  argument: 'any',
  async run(session, argument) {
    const chunk = parseBdat(argument)
    // What follows cannot be told from commands any more.
    if (chunk === undefined) return say('bdat-syntax')
    const { size, last } = chunk
    const open = begin(session)
    if ('code' in open) return (await session.wire.receiveChunk(size, new Swallowed(session))) ? open : undefined
    if (!(await session.wire.receiveChunk(size, open))) return undefined
    if (last) return conclude(session, open)
    return next(session, open, size)
  },
}

/** The chunks of the open transaction, or why none is taken: then its octets are swallowed. */
function begin(session: Session): Chunks | SmtpReply {
  const { transaction } = session
  if (transaction === undefined) return say('mail-first')
  if (transaction.chunks === 'refused') return say('chunks-refused')
  if (transaction.delivery.recipients === 0) return say('no-recipients')
  transaction.chunks ??= new Chunks(session.begin(transaction))
  return transaction.chunks
}

/** Refused as soon as it is known; chunks that are on their way already are swallowed until RSET. */
function next({ transaction }: Session, chunks: Chunks, size: number): SmtpReply {
  let failed = true
  try {
    const refusal = chunks.problem
    failed = refusal !== undefined
    return refusal ?? reply(250, '2.0.0', `${size} octets received`)
  } finally {
    if (failed) {
      chunks.incoming.giveUp()
      if (transaction !== undefined) transaction.chunks = 'refused'
    }
  }
}

async function conclude(session: Session, chunks: Chunks): Promise<SmtpReply> {
  try {
    return await chunks.conclude()
  } finally {
    session.reset()
  }
}

/** Lets the octets of a refused chunk fall, within reason. */
class Swallowed implements OctetSink {
  readonly #session: Session
  #left: number

  constructor(session: Session) {
    this.#session = session
    this.#left = session.context.limits.messageSize * SWALLOW_FACTOR
  }

  write(octets: Uint8Array): undefined {
    const before = this.#left
    this.#left -= octets.length
    if (before >= 0 && this.#left < 0) this.#session.wire.reply(flood(this.#session.context.limits.messageSize))
  }
}
