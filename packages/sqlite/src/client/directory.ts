import { StoreError } from '@mailstead/store'
import type {
  Account,
  AccountId,
  Alias,
  Credential,
  Directory,
  Domain,
  DomainKey,
  DomainKeyChange,
  Forwarding,
  Group,
  Mailbox,
  MovedAddress,
  NewAccount,
  NewDomainKey,
  QuotaLimits,
  Resolved,
  Language,
  Role,
  ScramVerifiers,
  WithoutScram,
} from '@mailstead/store'
import type { EpochMs } from '@mailstead/base'
import type { Parts } from './parts.ts'

export class SqliteDirectory implements Directory {
  readonly #parts: Parts
  readonly #secrets: ReadonlyMap<string, Uint8Array>

  constructor(parts: Parts, secrets: ReadonlyMap<string, Uint8Array>) {
    this.#parts = parts
    this.#secrets = secrets
  }

  async addDomain(name: string, keys: readonly NewDomainKey[] = []): Promise<Domain> {
    await this.#parts.writer.call('addDomain', name, keys)
    const domain = await this.findDomain(name)
    if (domain === undefined) throw new StoreError('domain-not-found', 'Domain does not exist')
    return domain
  }

  listDomains(): Promise<readonly Domain[]> {
    return this.#parts.directory.find('listDomains')
  }

  removeDomain(name: string): Promise<void> {
    return this.#parts.writer.call('removeDomain', name)
  }

  findDomain(name: string): Promise<Domain | undefined> {
    return this.#parts.directory.find('findDomain', name)
  }

  domainKeys(domain: string): Promise<readonly DomainKey[]> {
    return this.#parts.readers.call('domainKeys', domain)
  }

  changeDomainKeys(domain: string, change: DomainKeyChange): Promise<void> {
    return this.#parts.writer.call('changeDomainKeys', domain, change)
  }

  setCatchAll(domain: string, account: AccountId | undefined): Promise<void> {
    return this.#parts.writer.call('setCatchAll', domain, account)
  }

  async addAccounts(accounts: readonly NewAccount[]): Promise<readonly Account[]> {
    return this.#parts.readers.call('accountsById', await this.#parts.writer.call('addAccounts', accounts))
  }

  listAccounts(): Promise<readonly Account[]> {
    return this.#parts.readers.call('listAccounts')
  }

  account(id: AccountId): Promise<Account | undefined> {
    return this.#parts.directory.account(id)
  }

  resolve(localPart: string, domain: string): Promise<Resolved | undefined> {
    return this.#parts.directory.resolve(localPart, domain)
  }

  setEnabled(id: AccountId, enabled: boolean): Promise<void> {
    return this.#parts.writer.call('setEnabled', id, enabled)
  }

  setQuota(id: AccountId, limits: QuotaLimits): Promise<void> {
    return this.#parts.writer.call('setQuota', id, limits)
  }

  setLanguage(id: AccountId, language: Language | undefined): Promise<void> {
    return this.#parts.writer.call('setLanguage', id, language)
  }

  setRole(id: AccountId, role: Role): Promise<void> {
    return this.#parts.writer.call('setRole', id, role)
  }

  setCapabilitiesOff(id: AccountId, names: readonly string[]): Promise<void> {
    return this.#parts.writer.call('setCapabilitiesOff', id, names)
  }

  setPassword(id: AccountId, argon2: string, scram?: ScramVerifiers): Promise<void> {
    return this.#parts.writer.call('setPassword', id, argon2, scram)
  }

  rehash(credential: number, from: string, to: string): Promise<void> {
    return this.#parts.writer.call('rehash', credential, from, to)
  }

  setApopSecret(id: AccountId, sealed: Uint8Array | undefined): Promise<void> {
    return this.#parts.writer.call('setApopSecret', id, sealed)
  }

  apopSecret(id: AccountId): Promise<Uint8Array | undefined> {
    return this.#parts.readers.call('apopSecret', id)
  }

  async removeAccount(id: AccountId): Promise<void> {
    await this.#parts.writer.call('removeAccount', id)
    this.#parts.cleaner.wake()
  }

  credentials(id: AccountId): Promise<readonly Credential[]> {
    return this.#parts.directory.find('credentials', id)
  }

  withoutScram(hash: keyof ScramVerifiers): Promise<WithoutScram> {
    return this.#parts.readers.call('withoutScram', hash)
  }

  async secret(name: 'scram-salt' | 'srs'): Promise<Uint8Array> {
    const value = this.#secrets.get(name)
    if (value === undefined) throw new Error(`no secret ${name}`)
    return value
  }

  noteLogin(id: AccountId, credential: number, at: EpochMs): void {
    this.#parts.logins.note({ account: id, credential, at })
  }

  addAlias(localPart: string, domain: string, target: AccountId): Promise<void> {
    return this.#parts.writer.call('addAlias', localPart, domain, target)
  }

  listAliases(): Promise<readonly Alias[]> {
    return this.#parts.readers.call('listAliases')
  }

  setForwarding(id: AccountId, forwarding: Forwarding | undefined): Promise<void> {
    return this.#parts.writer.call('setForwarding', id, forwarding)
  }

  putGroup(group: Group): Promise<void> {
    return this.#parts.writer.call('putGroup', group)
  }

  group(localPart: string, domain: string): Promise<Group | undefined> {
    return this.#parts.directory.find('group', localPart, domain)
  }

  listGroups(): Promise<readonly Group[]> {
    return this.#parts.readers.call('listGroups')
  }

  addMoved(localPart: string, domain: string, to: string): Promise<void> {
    return this.#parts.writer.call('addMoved', localPart, domain, to)
  }

  listMoved(): Promise<readonly MovedAddress[]> {
    return this.#parts.readers.call('listMoved')
  }

  movedTo(localPart: string, domain: string): Promise<string | undefined> {
    return this.#parts.directory.find('movedTo', localPart, domain)
  }

  removeAlias(localPart: string, domain: string): Promise<void> {
    return this.#parts.writer.call('removeAlias', localPart, domain)
  }

  mailboxes(id: AccountId): Promise<readonly Mailbox[]> {
    return this.#parts.readers.call('ownMailboxes', id)
  }
}
