import {
  StoreError,
  type AccountId,
  type DomainKeyChange,
  type Forwarding,
  type Group,
  type NewAccount,
  type NewDomainKey,
  type QuotaLimits,
  type Language,
  type Role,
  type ScramVerifiers,
} from '@mailstead/store'
import type { NotedLogin } from '../client/logins.ts'
import { INBOX, localKey } from '../names.ts'
import type { Sql } from '../sql.ts'
import type { AclTable } from './acl.ts'
import type { Act } from './act.ts'
import type { DomainKeyTable } from './domain-keys.ts'
import type { ForwardingTable } from './forwarding.ts'
import { MAILBOX_ROW, type Counters, type MailboxRow } from './counters.ts'
import type { MailboxTable } from './mailboxes.ts'

/** Domains, accounts, aliases, credentials. */
export class DirectoryTable {
  readonly #acl: AclTable
  readonly #counters: Counters
  readonly #mailboxes: MailboxTable
  readonly #keys: DomainKeyTable
  readonly #forwarding: ForwardingTable
  readonly #insertDomain
  readonly #domain
  readonly #domainUsed
  readonly #setCatchAll
  readonly #clearCatchAll
  readonly #insertMoved
  readonly #moved
  readonly #deleteMoved
  readonly #deleteDomain
  readonly #insertAccount
  readonly #insertAddress
  readonly #address
  readonly #insertCredential
  readonly #deleteMain
  readonly #rehash
  readonly #setEnabled
  readonly #setQuota
  readonly #setMessageQuota
  readonly #setRole
  readonly #setLanguage
  readonly #deleteCapabilities
  readonly #insertCapability
  readonly #deleteApopSecret
  readonly #insertApopSecret
  readonly #deleteAlias
  readonly #removeAccount
  readonly #deleteAddresses
  readonly #deleteCredentials
  readonly #deleteSubscriptions
  readonly #deleteMetadata
  readonly #mailboxesOf
  readonly #noteLogin
  readonly #noteUse

  constructor(sql: Sql, acl: AclTable, counters: Counters, mailboxes: MailboxTable, keys: DomainKeyTable, forwarding: ForwardingTable) {
    this.#acl = acl
    this.#counters = counters
    this.#mailboxes = mailboxes
    this.#keys = keys
    this.#forwarding = forwarding
    this.#insertDomain = sql.run('INSERT OR IGNORE INTO domain (name, created_at) VALUES (?, ?)')
    this.#domain = sql.get<{ id: number }>('SELECT id FROM domain WHERE name = ?')
    this.#domainUsed = sql.get<{ one: 1 }>(
      `SELECT 1 AS one FROM address WHERE domain_id = ? UNION ALL SELECT 1 FROM moved_address WHERE domain_id = ?
       UNION ALL SELECT 1 FROM forwarding WHERE domain_id = ? LIMIT 1`,
    )
    this.#setCatchAll = sql.run('UPDATE domain SET catch_all_id = ? WHERE id = ?')
    this.#clearCatchAll = sql.run('UPDATE domain SET catch_all_id = NULL WHERE catch_all_id = ?')
    this.#insertMoved = sql.run('INSERT INTO moved_address (domain_id, local_key, local_part, moved_to) VALUES (?, ?, ?, ?)')
    this.#moved = sql.get<{ one: 1 }>('SELECT 1 AS one FROM moved_address WHERE domain_id = ? AND local_key = ?')
    this.#deleteMoved = sql.run('DELETE FROM moved_address WHERE domain_id = ? AND local_key = ?')
    this.#deleteDomain = sql.run('DELETE FROM domain WHERE id = ?')
    this.#insertAccount = sql.run('INSERT INTO account (quota, created_at) VALUES (?, ?)')
    this.#insertAddress = sql.run('INSERT INTO address (domain_id, local_key, local_part, kind, account_id) VALUES (?, ?, ?, ?, ?)')
    this.#address = sql.get<{ kind: string }>('SELECT kind FROM address WHERE domain_id = ? AND local_key = ?')
    this.#insertCredential = sql.run(
      "INSERT INTO credential (account_id, kind, argon2, scram256, scram1, created_at) VALUES (?, 'main', ?, ?, ?, ?)",
    )
    this.#deleteMain = sql.run("DELETE FROM credential WHERE account_id = ? AND kind = 'main'")
    this.#rehash = sql.run('UPDATE credential SET argon2 = ? WHERE id = ? AND argon2 = ?')
    this.#setEnabled = sql.run('UPDATE account SET enabled = ? WHERE id = ? AND removed_at IS NULL')
    this.#setQuota = sql.run('UPDATE account SET quota = ? WHERE id = ? AND removed_at IS NULL')
    this.#setMessageQuota = sql.run('UPDATE account SET quota_messages = ? WHERE id = ? AND removed_at IS NULL')
    this.#setLanguage = sql.run('UPDATE account SET language = ? WHERE id = ? AND removed_at IS NULL')
    this.#setRole = sql.run('UPDATE account SET role = ? WHERE id = ? AND removed_at IS NULL')
    this.#deleteCapabilities = sql.run('DELETE FROM capability_off WHERE account_id = ?')
    this.#insertCapability = sql.run('INSERT OR IGNORE INTO capability_off (account_id, name) VALUES (?, ?)')
    this.#deleteApopSecret = sql.run('DELETE FROM apop_secret WHERE account_id = ?')
    this.#insertApopSecret = sql.run('INSERT INTO apop_secret (account_id, sealed, created_at) VALUES (?, ?, ?)')
    this.#deleteAlias = sql.run("DELETE FROM address WHERE domain_id = ? AND local_key = ? AND kind = 'alias'")
    this.#removeAccount = sql.run('UPDATE account SET removed_at = ? WHERE id = ?')
    this.#deleteAddresses = sql.run('DELETE FROM address WHERE account_id = ?')
    this.#deleteCredentials = sql.run('DELETE FROM credential WHERE account_id = ?')
    this.#deleteSubscriptions = sql.run('DELETE FROM subscription WHERE account_id = ?')
    this.#deleteMetadata = sql.run('DELETE FROM mailbox_metadata WHERE charged_id = ?')
    this.#mailboxesOf = sql.all<MailboxRow>(`${MAILBOX_ROW} WHERE account_id = ? AND name IS NOT NULL`)
    this.#noteLogin = sql.run('UPDATE account SET last_login_at = max(ifnull(last_login_at, 0), ?) WHERE id = ?')
    this.#noteUse = sql.run('UPDATE credential SET last_used_at = max(ifnull(last_used_at, 0), ?) WHERE id = ? AND account_id = ?')
  }

  addDomain(act: Act, name: string, keys: readonly NewDomainKey[]): void {
    const { changes, lastInsertRowid } = this.#insertDomain(name, act.now)
    if (changes === 0) throw new StoreError('domain-exists', 'Domain already exists')
    this.#keys.change(act, Number(lastInsertRowid), { add: keys })
  }

  changeKeys(act: Act, domain: string, change: DomainKeyChange): void {
    this.#keys.change(act, this.#domainId(domain), change)
  }

  removeDomain(name: string): void {
    const id = this.#domainId(name)
    if (this.#domainUsed(id, id, id) !== undefined)
      throw new StoreError('domain-in-use', 'The domain still has accounts, aliases, groups or moved addresses')
    this.#deleteDomain(id)
  }

  setCatchAll(name: string, account: number | undefined): void {
    const domain = this.#domainId(name)
    if (account !== undefined && !this.#counters.exists(account)) throw noAccount()
    this.#setCatchAll(account ?? null, domain)
  }

  addAccounts(act: Act, accounts: readonly NewAccount[]): number[] {
    return accounts.map((account) => {
      const domain = this.#domainId(account.domain)
      const id = Number(this.#insertAccount(account.quota ?? null, act.now).lastInsertRowid)
      this.#claimAddress(domain, account.localPart, 'account', id)
      this.#setMain(act, id, account.argon2, account.scram)
      const names = [{ name: INBOX, specialUse: undefined }, ...account.mailboxes.filter(({ name }) => name.toUpperCase() !== INBOX)]
      for (const { name, specialUse } of names) {
        this.#mailboxes.create(act, id, name, specialUse)
        this.#mailboxes.subscribe(act, id, name)
      }
      return id
    })
  }

  setEnabled(act: Act, id: number, enabled: boolean): void {
    if (this.#setEnabled(enabled ? 1 : 0, id).changes === 0) throw noAccount()
    act.accountChanges.push({ kind: 'account-changed', account: id as AccountId })
  }

  setQuota(id: number, limits: QuotaLimits): void {
    if (!this.#counters.exists(id)) throw noAccount()
    if ('octets' in limits) this.#setQuota(limits.octets ?? null, id)
    if ('messages' in limits) this.#setMessageQuota(limits.messages ?? null, id)
  }

  setLanguage(id: number, language: Language | undefined): void {
    if (this.#setLanguage(language ?? null, id).changes === 0) throw noAccount()
  }

  setRole(id: number, role: Role): void {
    if (this.#setRole(role, id).changes === 0) throw noAccount()
  }

  setCapabilitiesOff(act: Act, id: number, names: readonly string[]): void {
    if (!this.#counters.exists(id)) throw noAccount()
    this.#deleteCapabilities(id)
    for (const name of names) this.#insertCapability(id, name)
    act.accountChanges.push({ kind: 'account-changed', account: id as AccountId })
  }

  setPassword(act: Act, id: number, argon2: string, scram?: ScramVerifiers): void {
    if (!this.#counters.exists(id)) throw noAccount()
    this.#deleteMain(id)
    this.#setMain(act, id, argon2, scram)
    act.accountChanges.push({ kind: 'account-changed', account: id as AccountId })
  }

  rehash(credential: number, from: string, to: string): void {
    this.#rehash(to, credential, from)
  }

  setApopSecret(act: Act, id: number, sealed: Uint8Array | undefined): void {
    if (!this.#counters.exists(id)) throw noAccount()
    this.#deleteApopSecret(id)
    if (sealed !== undefined) this.#insertApopSecret(id, sealed, act.now)
    act.accountChanges.push({ kind: 'account-changed', account: id as AccountId })
  }

  /** Addresses, credentials and names go at once, the mail in steps. */
  removeAccount(act: Act, id: number): void {
    if (!this.#counters.exists(id)) throw noAccount()
    for (const mailbox of this.#mailboxesOf(id)) this.#mailboxes.bury(act, mailbox)
    this.#removeAccount(act.now, id)
    this.#forwarding.forgetAccount(id)
    this.#deleteAddresses(id)
    this.#clearCatchAll(id)
    this.#deleteCredentials(id)
    this.#deleteApopSecret(id)
    this.#deleteSubscriptions(id)
    this.#deleteMetadata(id)
    this.#acl.forgetAccount(id)
    act.accountChanges.push({ kind: 'account-changed', account: id as AccountId })
  }

  addAlias(localPart: string, domain: string, target: number): void {
    if (!this.#counters.exists(target)) throw noAccount()
    this.#claimAddress(this.#domainId(domain), localPart, 'alias', target)
  }

  setForwarding(id: number, forwarding: Forwarding | undefined): void {
    if (!this.#counters.exists(id)) throw noAccount()
    this.#forwarding.setOfAccount(id, forwarding)
  }

  putGroup(group: Group): void {
    const domain = this.#domainId(group.domain)
    if (!this.#forwarding.isGroup(domain, group.localPart)) this.#refuseTaken(domain, group.localPart)
    this.#forwarding.putGroup(domain, group)
  }

  addMoved(localPart: string, name: string, to: string): void {
    const domain = this.#domainId(name)
    this.#refuseTaken(domain, localPart)
    this.#insertMoved(domain, localKey(localPart), localPart, to)
  }

  removeAlias(localPart: string, domain: string): void {
    const id = this.#domain(domain)?.id
    const key = localKey(localPart)
    const wasThere =
      id !== undefined &&
      (this.#deleteAlias(id, key).changes + this.#deleteMoved(id, key).changes > 0 || this.#forwarding.removeGroup(id, localPart))
    if (!wasThere) throw new StoreError('alias-not-found', 'Alias does not exist')
    this.#forwarding.forgetTarget(`${localPart}@${domain}`)
  }

  noteLogins(act: Act, logins: readonly NotedLogin[]): void {
    for (const { account, credential, at } of logins) {
      this.#noteLogin(at, account)
      this.#noteUse(at, credential, account)
      act.seen.push(account)
    }
  }

  #setMain(act: Act, id: number, argon2: string, scram: ScramVerifiers = {}): void {
    this.#insertCredential(id, argon2, scram.sha256 ?? null, scram.sha1 ?? null, act.now)
  }

  #claimAddress(domain: number, localPart: string, kind: 'account' | 'alias', account: number): void {
    this.#refuseTaken(domain, localPart)
    this.#insertAddress(domain, localKey(localPart), localPart, kind, account)
  }

  #refuseTaken(domain: number, localPart: string): void {
    const key = localKey(localPart)
    const taken = this.#address(domain, key)?.kind
    if (taken !== undefined)
      throw new StoreError('account-exists', taken === 'alias' ? 'The address is an alias' : 'The address is an account')
    if (this.#moved(domain, key) !== undefined) throw new StoreError('account-exists', 'The address has moved')
    if (this.#forwarding.isGroup(domain, localPart)) throw new StoreError('account-exists', 'The address is a group')
  }

  #domainId(name: string): number {
    const id = this.#domain(name)?.id
    if (id === undefined) throw new StoreError('domain-not-found', 'Domain does not exist')
    return id
  }
}

function noAccount(): StoreError {
  return new StoreError('account-not-found', 'Account does not exist')
}
