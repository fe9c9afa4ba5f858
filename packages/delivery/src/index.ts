export { isRefused, type Admission, type AdmittedRecipient, type Refusal } from './admission.ts'
export type { DeliveryOptions } from './context.ts'
export { createDelivery, type Delivery } from './delivery.ts'
export type { TlsFacts, TransactionStart } from './envelope.ts'
export { deliverLocally, type LocalMessage } from './local-message.ts'
export { MAX_HEADER, MAX_RECEIVED, GREETING_DELAY, POLICY_TIMEOUT } from './limits.ts'
export { type Acceptance, type DeliveryFailure, type DeliveryFailureCode, type RecipientOutcome, reduceOutcomes } from './outcome.ts'
export {
  openVisit,
  type Finding,
  type Policy,
  type PolicyClient,
  type PolicyRecipient,
  type PolicySubject,
  type Verdict,
  type Visit,
} from './policy.ts'
export type { IncomingMessage, MessageReader } from './reading.ts'
export type { Reception } from './reception.ts'
export { composePrefix, composeReceived, type ReceivedFacts } from './trace-header.ts'
export type { Transaction } from './transaction.ts'
export { startDueDelivery, type DueDelivery, type DueDeliveryOptions } from './due/due-delivery.ts'
export { startReporter, type Reporter, type ReporterOptions } from './reports/reporter.ts'
