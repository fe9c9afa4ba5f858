import type { AccountService } from '@mailstead/accounts'
import type { Networks } from '@mailstead/base'
import type { Delivery, Policy } from '@mailstead/delivery'
import type { FrontEndOptions } from '@mailstead/net'
import type { AccountId, Blobs } from '@mailstead/store'
import type { SmtpLimits } from './limits.ts'
import type { AddressRates } from './rates/address-rates.ts'
import type { MailRequests } from './requests.ts'
import type { SendingCounts } from './rates/sending.ts'
import type { Role } from './role.ts'

/** What all sessions of one service share. */
export interface SmtpContext extends FrontEndOptions {
  readonly role: Role
  readonly accounts: AccountService
  readonly delivery: Delivery
  /** Judges strangers; of role mx alone. */
  readonly policy?: Policy
  readonly blobs: Blobs
  readonly trusted?: Networks | undefined
  readonly xclient?: Networks | undefined
  readonly expn?: boolean
  readonly maxHold?: number
  readonly hasRoomToHold?: (account: AccountId, octets: number) => Promise<boolean>
  readonly rates?: AddressRates | undefined
  readonly sending?: SendingCounts | undefined
  readonly requests?: MailRequests | undefined
  readonly limits: SmtpLimits
  /** The service takes no more transactions. */
  readonly draining: boolean
}
