import { parseBdat } from '@mailstead/wire'
import type { OctetSink } from '../adapter/wire.ts'
import { Chunks } from '../incoming.ts'
import { SWALLOW_FACTOR } from '../limits.ts'
import { flood, noRecipients, reply, say, type SmtpReply } from '../replies.ts'
import type { OpenTransaction, Session } from '../session.ts'
import { MAIL_ROLES, type Command } from './command.ts'

/** RFC 3030 section 2: a chunk of a message, as many octets as it says; LAST ends the message, and its answer follows the commit. */
export const bdat: Command = {
  verb: 'BDAT',
  syntax: 'BDAT size [LAST]',
  roles: MAIL_ROLES,
  argument: 'any',
  async run(session, argument) {
    const chunk = parseBdat(argument)
    // What follows cannot be told from commands any more.
    if (chunk === undefined) return say('bdat-syntax')
    const { transaction } = session
    if (transaction === undefined) return swallow(session, chunk.size, [say('mail-first')])
    const refusals = outOfPlace(session, transaction, chunk.last)
    if (refusals !== undefined) return swallow(session, chunk.size, refusals)
    const chunks = begun(session, transaction)
    if (!(await session.wire.receiveChunk(chunk.size, chunks))) return undefined
    if (!chunk.last) return next(transaction, chunks, chunk.size)
    try {
      return await session.concluded(transaction, chunks.conclude())
    } finally {
      session.reset()
    }
  },
}

/** Why no chunk is taken; by LMTP the last one has an answer for each recipient, so for none of them none (RFC 2033 section 4.3). */
function outOfPlace({ context: { role } }: Session, transaction: OpenTransaction, last: boolean): readonly SmtpReply[] | undefined {
  const { incoming, delivery, chunks } = transaction
  if (chunks === 'refused') return last ? incoming?.refuse(say('chunks-refused')) : [say('chunks-refused')]
  if (delivery.recipients > 0) return undefined
  return role === 'lmtp' && last ? [] : [noRecipients(role)]
}

function begun(session: Session, transaction: OpenTransaction): Chunks {
  if (transaction.chunks instanceof Chunks) return transaction.chunks
  const chunks = new Chunks(session.begin(transaction), transaction.mail.body === 'BINARYMIME')
  transaction.chunks = chunks
  return chunks
}

/** Refused as soon as it is known; chunks that are on their way already are swallowed until RSET. */
function next(transaction: OpenTransaction, chunks: Chunks, size: number): SmtpReply {
  const refusal = chunks.problem
  if (refusal === undefined) return reply(250, '2.0.0', `${size} octets received`)
  chunks.incoming.giveUp()
  transaction.chunks = 'refused'
  return refusal
}

/** Lets the octets of a refused chunk fall, within reason. */
async function swallow(session: Session, size: number, refusals: readonly SmtpReply[]): Promise<SmtpReply | undefined> {
  const { wire, context } = session
  const { messageSize } = context.limits
  let left = messageSize * SWALLOW_FACTOR
  const sink: OctetSink = {
    write(octets) {
      if (left >= 0 && octets.length > left) wire.reply(flood(messageSize))
      left -= octets.length
      return undefined
    },
  }
  return (await wire.receiveChunk(size, sink)) ? session.answer(refusals) : undefined
}
