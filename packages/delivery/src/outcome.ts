import type { QueueId } from '@mailstead/store'

/** Why a message was not kept, for one recipient or for all. */
export type DeliveryFailureCode =
  | 'account-not-found' // went away since RCPT
  | 'moved' // the address is another now
  | 'suppressed' // nobody is written to at that address, by what is known of it
  | 'loop' // this account had the message before
  | 'too-many-hops'
  | 'header-too-big'
  | 'foreign-author' // From or Sender is not the account's that logged in
  | 'too-late' // the time it was to be delivered by has passed
  | 'binary-sealed' // binary octets that cannot be encoded without breaking a signature
  | 'binary-malformed' // binary octets where no encoding can be: in headers, between parts
  | 'leads-too-far' // more addresses than one may lead to
  | 'return-forged' // a rewritten sender that is none of ours
  | 'return-expired' // it was one
  | 'return-reports-only' // and none but reports go back to it
  | 'not-forwarded' // to others, who would take it for ours
  | 'policy-refused'
  | 'policy-deferred'
  | 'unavailable' // the store is in trouble, or something unforeseen happened

const TEMPORARY = {
  'account-not-found': false,
  moved: false,
  suppressed: false,
  loop: false,
  'too-many-hops': false,
  'header-too-big': false,
  'foreign-author': false,
  'too-late': false,
  'binary-sealed': false,
  'binary-malformed': false,
  'leads-too-far': false,
  'return-forged': false,
  'return-expired': false,
  'return-reports-only': false,
  'not-forwarded': false,
  'policy-refused': false,
  'policy-deferred': true,
  unavailable: true,
} as const satisfies Record<DeliveryFailureCode, boolean>

export interface DeliveryFailure {
  readonly code: DeliveryFailureCode
  /** What the sender is told instead of the usual words. */
  readonly text?: string
}

/** What became of one recipient. */
export interface RecipientOutcome {
  readonly address: string
  /** `undefined`: the message is kept. */
  readonly failure: DeliveryFailure | undefined
}

/** What became of a message: an outcome per recipient, in the order they were given. */
export interface Acceptance {
  readonly queueId: QueueId
  readonly outcomes: readonly RecipientOutcome[]
}

/**
 * The one answer that SMTP has for all recipients: `undefined` (kept) when at least one is kept, a temporary failure
 * only when none is kept and any may succeed later, a permanent one only when all are permanent.
 */
export function reduceOutcomes(outcomes: readonly RecipientOutcome[]): DeliveryFailure | undefined {
  let answer: DeliveryFailure | undefined
  for (const { failure } of outcomes) {
    if (failure === undefined) return undefined
    if (answer === undefined || (TEMPORARY[failure.code] && !TEMPORARY[answer.code])) answer = failure
  }
  return answer ?? { code: 'unavailable' }
}
