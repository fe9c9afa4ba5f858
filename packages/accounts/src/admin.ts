import type { Account, Alias, Domain, Forwarding, Group, Language, MovedAddress, Role } from '@mailstead/store'
import type { AccountErrorCode } from './errors.ts'

/** `quota` in octets; `undefined`: no limit. */
export interface AccountToAdd {
  readonly address: string
  readonly password: string
  readonly quota: number | undefined
}

/** One account of an import; `line` is the caller's, for reports. */
export interface ImportRow extends AccountToAdd {
  readonly line: number
}

/** `error`: a sentence to stand behind the address. */
export type ImportOutcome =
  | { readonly line: number; readonly address: string; readonly ok: true }
  | { readonly line: number; readonly address: string; readonly ok: false; readonly code: AccountErrorCode; readonly error: string }

export type Obstacle =
  | 'bad-address'
  | 'not-local' // the domain is not ours
  | 'no-account'
  | 'alias' // mail arrives, but one logs in with the account's own address
  | 'catch-all' // mail arrives, since the domain has an account for what nobody has
  | 'group' // mail arrives at those in it
  | 'forwarded' // mail goes on to others
  | 'moved' // senders are told another address
  | 'disabled'
  | 'no-password' // no credential that is still valid
  | 'wrong-password'
  | 'over-quota' // takes no more mail

/** What an administrator wants to know when a user complains. Plain data. */
export interface AccountCheck {
  /** In canonical form where it is an address. */
  readonly address: string
  readonly account: Account | undefined
  /** With the password given, or with the right one when none was. */
  readonly mayLogIn: boolean
  readonly takesMail: boolean
  /** Why not, the first cause first; each with a sentence. */
  readonly obstacles: readonly { readonly code: Obstacle; readonly text: string }[]
}

/**
 * Administration. Addresses and domains in any case and either form. Arguments and results are plain data, so that
 * they can travel. All methods reject with `AccountError`; hashing waits its turn and is never 'busy' here.
 */
export interface AccountAdmin {
  /** `bad-domain`, `domain-exists`. The first one is the default domain. */
  addDomain(name: string): Promise<Domain>
  listDomains(): Promise<readonly Domain[]>
  /** `domain-not-found`, `domain-in-use` while it has accounts, aliases, groups or moved addresses. */
  removeDomain(name: string): Promise<void>
  /** Who gets mail for addresses of the domain that nobody has, by an address of his; `undefined`: nobody. `domain-not-found`, `account-not-found`. */
  setCatchAll(domain: string, target: string | undefined): Promise<void>

  /** With INBOX, Sent, Drafts, Trash, Junk and Archive. `bad-address`, `bad-password`, `bad-quota`, `account-exists`, `domain-not-found`. */
  add(account: AccountToAdd): Promise<Account>
  /** Hashes and commits in batches; an outcome for each row in its order. A bad row harms no other. */
  importAccounts(rows: AsyncIterable<ImportRow> | Iterable<ImportRow>): AsyncIterable<ImportOutcome>
  list(): Promise<readonly Account[]>
  /** By its own address or an alias. `account-not-found`. */
  show(address: string): Promise<Account>
  /** By its own address, as all below. Ends the account's sessions. */
  setPassword(address: string, password: string): Promise<void>
  setEnabled(address: string, enabled: boolean): Promise<void>
  setQuota(address: string, quota: number | undefined): Promise<void>
  /** How many messages it may hold. `bad-quota`. */
  setMessageQuota(address: string, messages: number | undefined): Promise<void>
  setRole(address: string, role: Role): Promise<void>
  /** What the server writes to it in; `undefined`: as to everybody. */
  setLanguage(address: string, language: Language | undefined): Promise<void>
  /** Replaces the list of IMAP capabilities that it is not offered. Ends its sessions, so that clients ask anew. */
  setCapabilitiesOff(address: string, names: readonly string[]): Promise<void>
  /** A new secret for APOP in place of the old one, told this once. Ends its sessions. */
  makeApopSecret(address: string): Promise<string>
  /** It logs in by APOP no more. Ends its sessions. */
  removeApopSecret(address: string): Promise<void>
  hasApopSecret(address: string): Promise<boolean>
  /** With all its mail, for good. */
  remove(address: string): Promise<void>

  /** `target`: an account's address or one of its aliases. `account-exists` when the address is taken, `domain-not-found`. */
  addAlias(alias: string, target: string): Promise<void>
  listAliases(): Promise<readonly Alias[]>
  /**
   * Mail of the account goes on to others, in place of what was said before; `undefined`: to nobody. By the account's own address. `bad-address`,
   * `account-not-found` also for a target of ours that nobody has, `bad-forwarding`.
   */
  setForwarding(address: string, forwarding: Forwarding | undefined): Promise<void>
  /** Mail for the address goes to all `targets`, in place of what was said before. Errors as of `setForwarding`; `account-exists` when it is no group's, `domain-not-found`. */
  putGroup(address: string, targets: readonly string[], told: boolean): Promise<Group>
  listGroups(): Promise<readonly Group[]>
  /** Senders are told the new address. `account-exists` when the old one is an account's, an alias, a group or moved already; `domain-not-found`. */
  addMoved(address: string, to: string): Promise<void>
  listMoved(): Promise<readonly MovedAddress[]>
  /** Of an alias, a group or a moved address. `alias-not-found`. */
  removeAlias(alias: string): Promise<void>

  /** Never rejects for what it finds, only when the store is in trouble. */
  check(address: string, password?: string): Promise<AccountCheck>
}
