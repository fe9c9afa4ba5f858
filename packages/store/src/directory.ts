import type { EpochMs } from '@mailstead/base'
import type { DomainKeyRows, NewDomainKey } from './domain-keys.ts'
import type { Forwarding, Group } from './forwarding.ts'
import type { AccountId, DomainId } from './ids.ts'
import type { Mailbox, SpecialUse } from './mailbox.ts'

/** `name` is lower-case A-labels. The first domain added is the default one for bare login names. */
export interface Domain {
  readonly id: DomainId
  readonly name: string
  readonly isDefault: boolean
  readonly accounts: number
  /** Who gets mail for addresses of the domain that nobody has; `undefined`: nobody. */
  readonly catchAll: AccountId | undefined
  readonly createdAt: EpochMs
}

/** What the server writes to people in. */
export type Language = 'en' | 'ru'

/** An `admin` may set the quotas of all accounts over IMAP. */
export type Role = 'user' | 'admin'

/** What an account may hold; what is absent stays as it is, `undefined`: no limit. */
export interface QuotaLimits {
  readonly octets?: number | undefined
  readonly messages?: number | undefined
}

/** Local parts are kept as added and compared without case; domains are lower-case A-labels. */
export interface Account {
  readonly id: AccountId
  readonly localPart: string
  readonly domain: string
  readonly enabled: boolean
  /** Octets; `undefined`: no limit. */
  readonly quota: number | undefined
  /** Messages; `undefined`: no limit. */
  readonly messageQuota: number | undefined
  readonly role: Role
  /** `undefined`: not chosen. */
  readonly language: Language | undefined
  readonly usedOctets: number
  readonly usedMessages: number
  readonly createdAt: EpochMs
  readonly lastLoginAt: EpochMs | undefined
  /** IMAP capabilities that it is not offered, by name. */
  readonly capabilitiesOff: readonly string[]
  /** Absent: its mail goes nowhere else. */
  readonly forwarding?: Forwarding
}

/** Verifiers for SCRAM as RFC 5803 writes them; opaque here. Absent: none was made. */
export interface ScramVerifiers {
  readonly sha256?: string | undefined
  readonly sha1?: string | undefined
}

export interface WithoutScram {
  readonly count: number
  /** The addresses of some of them, the oldest accounts first. */
  readonly some: readonly string[]
}

/** A row from the first migration on: app passwords come later. */
export interface Credential {
  readonly id: number
  readonly account: AccountId
  readonly kind: 'main' | 'app'
  /** PHC string. */
  readonly argon2: string
  readonly scram: ScramVerifiers
  /** `undefined`: all protocols. */
  readonly protocols: readonly string[] | undefined
  readonly expiresAt: EpochMs | undefined
}

export interface Alias {
  readonly localPart: string
  readonly domain: string
  readonly target: AccountId
  /** The target's address. */
  readonly targetAddress: string
}

/** An address of somebody who has gone elsewhere. */
export interface MovedAddress {
  readonly localPart: string
  readonly domain: string
  /** The new address. */
  readonly to: string
}

/** Where mail for an address goes. */
export interface Resolved {
  readonly account: Account
  readonly via: 'account' | 'alias'
}

export interface NewAccount {
  readonly localPart: string
  readonly domain: string
  readonly quota: number | undefined
  readonly argon2: string
  readonly scram?: ScramVerifiers
  /** Made with the account, subscribed. INBOX is always made. */
  readonly mailboxes: readonly { readonly name: string; readonly specialUse: SpecialUse | undefined }[]
}

/** Domains, accounts, aliases and credentials: rows and uniqueness. What is allowed is decided in `accounts`. Rejects with `StoreError`. */
export interface Directory extends DomainKeyRows {
  /** With its keys, in one commit. `domain-exists`. */
  addDomain(name: string, keys?: readonly NewDomainKey[]): Promise<Domain>
  listDomains(): Promise<readonly Domain[]>
  /** `domain-not-found`; `domain-in-use` while it has accounts, aliases, groups or moved addresses. */
  removeDomain(name: string): Promise<void>
  findDomain(name: string): Promise<Domain | undefined>
  /** `undefined`: nobody from now on. `domain-not-found`, `account-not-found`. */
  setCatchAll(domain: string, account: AccountId | undefined): Promise<void>

  /** `account-exists` (also when the address is taken otherwise), `domain-not-found`. One commit. */
  addAccounts(accounts: readonly NewAccount[]): Promise<readonly Account[]>
  listAccounts(): Promise<readonly Account[]>
  account(id: AccountId): Promise<Account | undefined>
  /** By account or alias address; never by group, catch-all or plus tag: that is policy. */
  resolve(localPart: string, domain: string): Promise<Resolved | undefined>
  setEnabled(id: AccountId, enabled: boolean): Promise<void>
  setQuota(id: AccountId, limits: QuotaLimits): Promise<void>
  setRole(id: AccountId, role: Role): Promise<void>
  setLanguage(id: AccountId, language: Language | undefined): Promise<void>
  /** Replaces the list. Which names there are is the front-end's knowledge. */
  setCapabilitiesOff(id: AccountId, names: readonly string[]): Promise<void>
  /** Replaces the main credential, and the SCRAM verifiers with it. */
  setPassword(id: AccountId, argon2: string, scram?: ScramVerifiers): Promise<void>
  /** Stores the same password at today's cost, unless the credential's verifier is no longer `from`. Nobody is told. */
  rehash(credential: number, from: string, to: string): Promise<void>
  /** Replaces what is kept for APOP, which is sealed by others; `undefined` removes it. */
  setApopSecret(id: AccountId, sealed: Uint8Array | undefined): Promise<void>
  apopSecret(id: AccountId): Promise<Uint8Array | undefined>
  /** With mailboxes, messages, aliases and credentials; what was forwarded to its addresses goes there no more. Blobs shared with others stay. */
  removeAccount(id: AccountId): Promise<void>
  credentials(id: AccountId): Promise<readonly Credential[]>
  /** Enabled accounts whose main credential has no such verifier. */
  withoutScram(hash: keyof ScramVerifiers): Promise<WithoutScram>
  /** 32 octets that this store alone has and keeps. */
  secret(name: 'scram-salt' | 'srs'): Promise<Uint8Array>
  /** Written some seconds later, together with others, and when the store is closed; a crash may lose it. */
  noteLogin(id: AccountId, credential: number, at: EpochMs): void

  addAlias(localPart: string, domain: string, target: AccountId): Promise<void>
  listAliases(): Promise<readonly Alias[]>
  /** `undefined`: its mail stays, and goes nowhere else. `account-not-found`. */
  setForwarding(id: AccountId, forwarding: Forwarding | undefined): Promise<void>
  /** Replaces a group of that address. `account-exists` when the address is an account's, an alias or moved; `domain-not-found`. */
  putGroup(group: Group): Promise<void>
  group(localPart: string, domain: string): Promise<Group | undefined>
  listGroups(): Promise<readonly Group[]>
  /** `account-exists` when the address is an account's, an alias, a group or moved already; `domain-not-found`. */
  addMoved(localPart: string, domain: string, to: string): Promise<void>
  listMoved(): Promise<readonly MovedAddress[]>
  /** The new address of who has moved from this one. */
  movedTo(localPart: string, domain: string): Promise<string | undefined>
  /** Of an alias, a group or a moved address. What was forwarded to it goes there no more. `alias-not-found`. */
  removeAlias(localPart: string, domain: string): Promise<void>

  /** For administrators: an account's mailboxes with their counters. */
  mailboxes(id: AccountId): Promise<readonly Mailbox[]>
}
