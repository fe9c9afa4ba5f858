import type { DeliveryOptions } from './context.ts'
import type { TransactionStart } from './envelope.ts'
import { Transaction } from './transaction.ts'

/** The local delivery agent: one way in for SMTP, LMTP, submission and mail made on this machine. */
export interface Delivery {
  begin(start: TransactionStart): Transaction
}

export function createDelivery(options: DeliveryOptions): Delivery {
  const context = { leaves: false, ...options }
  return { begin: (start) => new Transaction(context, start) }
}
