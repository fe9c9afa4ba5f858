import type { Arrival, QueuedCopy, QueueId } from '@mailstead/store'
import { formatAddress, parseMailbox } from '@mailstead/wire'
import type { DeliveryContext } from '../context.ts'
import type { AdmittedRecipient, ForwardedRecipient, Lead } from '../admission.ts'
import type { TransactionStart } from '../envelope.ts'
import type { DeliveryFailure } from '../outcome.ts'
import { rewritten } from './returns.ts'

/** What is known of a message at its end, that lets it go on or keeps it here. */
export interface MessageFacts {
  /** Addresses in lower case that it has been delivered to, or forwarded by. */
  readonly deliveredTo: ReadonlySet<string>
  /** Why it is not forwarded to others: it would be taken for ours. Absent: it may be. */
  readonly unfit?: string
}

/** The leads of an address that the message goes to; none: why. */
export function goingOn({ leads }: ForwardedRecipient, { deliveredTo, unfit }: MessageFacts): readonly Lead[] | DeliveryFailure {
  const inTurn = leads.filter(({ by }) => !by.some((address) => deliveredTo.has(address.toLowerCase())))
  const fit = inTurn.filter(({ recipient }) => unfit === undefined || recipient.kind === 'local')
  if (fit.length > 0) return fit
  return inTurn.length === 0 ? { code: 'loop' } : { code: 'not-forwarded', text: `Refused: ${unfit}, so it is not forwarded` }
}

/** Nobody is to send reports of it to whom it names as its sender (RFC 3461 section 4.1). */
export function unreported(leads: readonly Lead[]): Lead[] {
  return leads.map(({ recipient, by }) => ({ recipient: { ...recipient, parameters: { ...recipient.parameters, notify: ['NEVER'] } }, by }))
}

/** Of a message that is kept: why some do not get it, for the trace. */
export function heldBack(recipients: readonly AdmittedRecipient[], { unfit }: MessageFacts): string | undefined {
  const leavesOut = recipients.some((each) => each.kind === 'forwarded' && each.leads.some(({ recipient }) => recipient.kind === 'remote'))
  return unfit !== undefined && leavesOut ? `not forwarded: ${unfit}` : undefined
}

/** Mail of our own people, and what is made here: nobody else answers for it. */
export function isOwn({ origin }: Pick<TransactionStart, 'origin'>): boolean {
  return origin.account !== undefined || origin.protocol === 'LOCAL'
}

/** What is known of how a message came. */
export interface ArrivedAs {
  readonly queueId: QueueId
  /** Nothing shows that it comes from whom it names as its sender. */
  readonly forgeable: boolean
  /** As of `Verdict`; absent: nothing can be said. */
  readonly results: string | undefined
  readonly chain: Arrival['chain'] | undefined
}

/** What goes out of here for the addresses `by`, the nearest first. */
export function forwardedCopy(
  by: readonly string[],
  start: Pick<TransactionStart, 'origin' | 'mailFrom'>,
  context: Pick<DeliveryContext, 'rewriting' | 'clock'>,
  arrived: ArrivedAs,
): QueuedCopy {
  const { results, chain } = arrived
  const domain = parseMailbox(by[0] ?? '').domain
  const own = isOwn(start)
  return {
    mailFrom: sender(domain, start, context, arrived),
    prefix: marks(by),
    own,
    ...(own || results === undefined || chain === undefined ? {} : { arrival: { domain, results, chain } }),
  }
}

/**
 * Who answers for it: strangers do not let us send in their name (SPF), so reports come by way of us. Nobody is sent reports whose name may be borrowed.
 */
function sender(
  domain: string,
  { mailFrom, origin }: Pick<TransactionStart, 'origin' | 'mailFrom'>,
  { rewriting, clock }: Pick<DeliveryContext, 'rewriting' | 'clock'>,
  { queueId, forgeable }: ArrivedAs,
): string {
  if (mailFrom === undefined) return ''
  if (isOwn({ origin })) return formatAddress(mailFrom)
  if (rewriting === undefined) throw new Error('mail is forwarded that nothing comes back of')
  const localPart = rewritten(mailFrom, queueId, forgeable ? rewriting.unanswered : rewriting, clock.now())
  return formatAddress({ localPart, domain })
}

/** By these it is known here when it comes back. One in UTF-8 would keep it from servers without SMTPUTF8: there `Received` has to tell. */
function marks(by: readonly string[]): Uint8Array {
  const ascii = by.filter((address) => !/[^\u0000-\u007f]/.test(address))
  return Buffer.from(ascii.map((address) => `Delivered-To: ${address}\r\n`).join(''))
}
