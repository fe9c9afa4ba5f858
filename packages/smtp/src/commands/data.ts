import { type Acceptance, reduceOutcomes, type Reception } from '@mailstead/delivery'
import { SWALLOW_FACTOR } from '../limits.ts'
import { IncomingMessage } from '../incoming-message.ts'
import { defectReply, deliveryReply, reply, say, type SmtpReply, tooBig } from '../replies.ts'
import type { Session } from '../session.ts'
import type { Command } from './command.ts'

/** RFC 5321 section 4.1.1.4. The answer follows the commit. */
export const data: Command = {
  verb: 'DATA',
  argument: 'none',
  async run(session) {
    const { transaction, context } = session
    if (transaction === undefined) return say('mail-first')
    if (transaction.delivery.recipients === 0) return say('no-recipients')
    const reception = transaction.delivery.receive(context.blobs.stage())
    session.giveUp = () => void reception.abort()
    try {
      return await receive(session, reception)
    } finally {
      session.giveUp = undefined
      await reception.abort()
      session.reset()
    }
  },
}

async function receive(session: Session, reception: Reception): Promise<SmtpReply | undefined> {
  const { limits, clock, role } = session.context
  const message = new IncomingMessage(reception, {
    normalise: role === 'submission',
    maxLine: limits.messageLine,
    maxSize: limits.messageSize,
    maxSwallowed: limits.messageSize * SWALLOW_FACTOR,
    onFlood: () => session.wire.reply({ ...tooBig(limits.messageSize), code: 421 }),
  })
  const timer = clock.after(limits.messageTime, () => session.wire.reply(say('too-slow')))
  session.wire.reply(reply(354, undefined, 'End data with <CRLF>.<CRLF>'))
  const end = await session.wire.receive(message)
  timer.cancel()
  if (end.kind === 'lost') {
    session.log.info('connection lost in the middle of a message', { queueId: reception.queueId, octets: message.size })
    return undefined
  }
  // The message is whole: it is kept even when the client does not wait for the answer.
  session.giveUp = undefined
  if (end.defect !== undefined) return defectReply(end.defect)
  if (message.tooBig) return tooBig(limits.messageSize)
  if (message.failure !== undefined) throw message.failure
  return answer(await reception.accept())
}

function answer({ queueId, outcomes }: Acceptance): SmtpReply {
  const failure = reduceOutcomes(outcomes)
  return failure === undefined ? reply(250, '2.0.0', `Queued as ${queueId}`) : deliveryReply(failure)
}
