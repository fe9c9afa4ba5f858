import type { DeliveryOptions } from './context.ts'
import type { TransactionStart } from './envelope.ts'
import { Transaction } from './transaction.ts'

/** The local delivery agent: one way in for SMTP, LMTP, submission and mail made on this machine. */
export interface Delivery {
  /** Whether senders elsewhere hear what they asked to hear (`DeliveryOptions.leaves`); those of this server always do. */
  readonly reportsElsewhere: boolean
  begin(start: TransactionStart): Transaction
}

export function createDelivery(options: DeliveryOptions): Delivery {
  const context = {
    leaves: false,
    relays: () => false,
    undo: 0,
    savesSent: () => Promise.resolve(false),
    readers: [],
    suppressed: () => Promise.resolve(undefined),
    ...options,
  }
  return { reportsElsewhere: context.leaves, begin: (start) => new Transaction(context, start) }
}
