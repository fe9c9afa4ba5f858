import type { QueueId } from '@mailstead/store'
import { parseMailbox, type SmtpAddress } from '@mailstead/wire'
import type { DeliveryContext } from '../context.ts'
import type { DeliveryFailure } from '../outcome.ts'

/** Stands where a rewritten sender has its domain: no domain of mail has a single label. What stands before it is the message's queue id. */
const BY_QUEUE_ID = 'queue-id'

/**
 * The local part that stands for a sender in a domain of ours. One that would be too long for other servers is named by the message's queue id: its trace, which
 * is kept longer than reports come, has the sender.
 */
export function rewritten(
  sender: SmtpAddress,
  queueId: QueueId,
  rewriting: NonNullable<DeliveryContext['rewriting']>,
  now: number,
): string {
  const localPart = rewriting.encode(sender, now) ?? rewriting.encode({ localPart: queueId, domain: BY_QUEUE_ID }, now)
  if (localPart === undefined) throw new Error('a queue id is too long')
  return localPart
}

/**
 * Whom a report is for that comes to a sender rewritten here; `undefined`: the address is none. Only reports are let through: anything else would make
 * us a relay for whoever has seen the address.
 */
export async function giveBack(
  address: SmtpAddress,
  mailFrom: SmtpAddress | undefined,
  { rewriting, clock, intake }: Pick<DeliveryContext, 'rewriting' | 'clock' | 'intake'>,
): Promise<SmtpAddress | DeliveryFailure | undefined> {
  if (rewriting === undefined) return undefined
  const answer = rewriting.decode(address.localPart, clock.now())
  if (answer.kind === 'foreign') return undefined
  if (answer.kind !== 'sender') return { code: answer.kind === 'forged' ? 'return-forged' : 'return-expired' }
  if (mailFrom !== undefined) return { code: 'return-reports-only' }
  const { localPart, domain } = answer.address
  if (domain.toLowerCase() !== BY_QUEUE_ID) return answer.address
  const [message] = await intake.traced({ queueId: localPart.toUpperCase() as QueueId }, 1)
  return message === undefined ? { code: 'return-expired' } : parseMailbox(message.mailFrom)
}
