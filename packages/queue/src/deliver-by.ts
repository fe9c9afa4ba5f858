import type { EpochMs } from '@mailstead/base'
import type { Consignment, Diagnosis, QueueEntry } from '@mailstead/store'

type Asked = Pick<Consignment, 'mailFrom' | 'parameters'>

/** A message that has to come back when it is late is tried for the last time so long before, in ms: so long an attempt may take. */
const BEFORE_LATE = 60_000

/** Whether a message may not be sent any more, since it was to be there by now (RFC 2852 section 4.1.3): its recipients fail with this. */
export function overdue({ parameters: { deliverBy } }: Asked, now: EpochMs): Diagnosis | undefined {
  if (deliverBy?.mode !== 'return' || now < deliverBy.at) return undefined
  return { status: '5.4.7', text: 'The message was to be delivered by a time that has passed' }
}

/** When the attempts for a message end that would end at `expires`: those of one that has to come back, before it is late. */
export function lastAttemptAt({ parameters: { deliverBy } }: Asked, expires: EpochMs): EpochMs {
  return deliverBy?.mode === 'return' ? Math.min(expires, deliverBy.at - BEFORE_LATE) : expires
}

/** Whether the sender said when he wants to hear that a message is late (section 4.1.3). */
export function asksForNotice({ parameters: { deliverBy } }: Asked): boolean {
  return deliverBy?.mode === 'notify'
}

/** When the sender hears of a delay: at the time that he named, else as `usual`. */
export function delayToldAt(message: Asked, usual: EpochMs): EpochMs {
  const { deliverBy } = message.parameters
  return deliverBy !== undefined && asksForNotice(message) ? deliverBy.at : usual
}

/**
 * Whether the sender hears that the message was relayed since its time goes unwatched from here on: to a server that does not know DELIVERBY
 * (section 4.1.4.2), or because he asked to hear of each hop (section 4.1.4).
 */
export function tellsOfHop(
  { mailFrom, parameters: { deliverBy } }: Asked,
  { parameters }: Pick<QueueEntry, 'parameters'>,
  peerKnows: boolean,
): boolean {
  if (deliverBy === undefined || mailFrom === '' || parameters.notify?.includes('NEVER') === true) return false
  return deliverBy.trace || (deliverBy.mode === 'notify' && !peerKnows)
}
