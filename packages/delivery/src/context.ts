import type { AccountService } from '@mailstead/accounts'
import type { Clock, Logger } from '@mailstead/base'
import type { Intake } from '@mailstead/store'
import type { Policy } from './policy.ts'

export interface DeliveryOptions {
  readonly intake: Intake
  readonly accounts: Pick<AccountService, 'resolve' | 'maySendAs' | 'reserve'>
  /** Default: takes everything. */
  readonly policy?: Policy
  readonly log: Logger
  readonly clock: Clock
  /** The name in `Received` and in message ids made here. */
  readonly hostName: string
}

export type DeliveryContext = Required<DeliveryOptions>
