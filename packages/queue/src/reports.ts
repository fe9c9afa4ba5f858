import type { Consignment, QueueEntry } from '@mailstead/store'

/**
 * Whether the sender hears that a recipient's mail was handed on. A server that knows DSN tells him itself; for one that does not, who asked for
 * success is told that the mail was relayed (RFC 3461 section 5.2.2 b and e). Nobody is told who has no address (section 5.2).
 */
export function afterSending(
  mailFrom: string,
  { parameters }: Pick<QueueEntry, 'parameters'>,
  peerKnowsDsn: boolean,
): 'relayed' | undefined {
  const asked = parameters.notify?.includes('SUCCESS') ?? false
  return asked && !peerKnowsDsn && mailFrom !== '' ? 'relayed' : undefined
}

/**
 * Whether the sender hears, once, that a recipient's mail is delayed: only who logged in, so that no stranger's mail makes us send to an address
 * that may be forged; and not who asked for other notices alone (RFC 3461 section 5.2.5).
 */
export function tellsOfDelay({ mailFrom, lane }: Pick<Consignment, 'mailFrom' | 'lane'>, { parameters, delayTold }: QueueEntry): boolean {
  return lane.account !== undefined && mailFrom !== '' && !delayTold && (parameters.notify?.includes('DELAY') ?? true)
}
