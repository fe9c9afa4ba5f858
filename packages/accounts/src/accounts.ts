import type { Account, AccountId, Group, QuotaLimits } from '@mailstead/store'
import type { Credentials } from '@mailstead/sasl'

/** Where mail for one address goes. */
export interface Recipient {
  readonly account: Account
  /** The address as the account owns it, without the tag: `ann@example.org`. */
  readonly address: string
  /** What follows `+` in the local part. */
  readonly tag: string | undefined
}

/**
 * `local`: delivered here, or forwarded as the account has it. `group`: goes to all of its targets. `unknown`: our domain, nobody there. `disabled`: takes no mail. `moved`: gone elsewhere.
 * `elsewhere`: not our domain.
 */
export type Resolution =
  | { readonly kind: 'local'; readonly recipient: Recipient }
  | { readonly kind: 'group'; readonly group: Group }
  | { readonly kind: 'moved'; readonly to: string }
  | { readonly kind: 'unknown' | 'disabled' | 'elsewhere' }

/** What front-ends ask of the accounts. Administration has its own interface. */
export interface AccountService extends Credentials {
  /** An address in any case, with or without a tag, its domain in either form. `postmaster` alone means the default domain's. */
  resolve(localPart: string, domain: string): Promise<Resolution>
  /** Whether the account may send as the address: its own, one of its aliases or of the groups that it is in, each with a tag or without; one that nobody has, where it is the domain's catch-all. */
  maySendAs(account: AccountId, localPart: string, domain: string): Promise<boolean>
  account(id: AccountId): Promise<Account | undefined>
  /** By its login name: its own address, or a local part alone in the default domain. Never by an alias. */
  find(login: string): Promise<Account | undefined>
  /** For `by`, who must be an administrator: sets what an account may hold. False: he is none. */
  setLimits(by: AccountId, account: AccountId, limits: Required<QuotaLimits>): Promise<boolean>
  /**
   * Whether a message of `size` octets still fits, counting what was admitted and is under way. A granted
   * reservation is given back by `release` once the message is delivered or dropped. `undefined`: full.
   */
  reserve(account: AccountId, size: number): Promise<Reservation | undefined>
}

export interface Reservation {
  release(): void
}
