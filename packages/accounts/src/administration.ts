import type { Clock, Logger } from '@mailstead/base'
import type { Account, Alias, Directory, Domain, Forwarding, Group, Language, MovedAddress, Resolved, Role } from '@mailstead/store'
import { addressOrThrow, formatAddress } from './address.ts'
import type { ApopSecrets } from './apop/secrets.ts'
import type { AccountAdmin, AccountCheck, AccountToAdd, ImportOutcome, ImportRow } from './admin.ts'
import { checkAccount } from './check.ts'
import { domainOrThrow } from './domain.ts'
import type { DomainKeys } from './domain-keys.ts'
import { AccountError, administer } from './errors.ts'
import { ForwardingRules, forwardsTo } from './forwarding.ts'
import type { BoundedHashing } from './hashing.ts'
import { importAccounts } from './import.ts'
import { checkQuota, newAccount } from './new-account.ts'
import { newPassword } from './password.ts'
import type { VerifierMaker } from './verifiers.ts'

export interface AdministrationParts {
  readonly directory: Directory
  /** Absent: domains get no keys. */
  readonly keys: DomainKeys | undefined
  readonly hashing: BoundedHashing
  readonly verifiers: VerifierMaker
  /** Absent: there are no APOP secrets. */
  readonly secrets: ApopSecrets | undefined
  readonly clock: Clock
  readonly log: Logger
}

export class Administration implements AccountAdmin {
  readonly #directory: Directory
  readonly #keys: DomainKeys | undefined
  readonly #hashing: BoundedHashing
  readonly #verifiers: VerifierMaker
  readonly #apop: ApopSecrets | undefined
  readonly #clock: Clock
  readonly #log: Logger

  constructor({ directory, keys, hashing, verifiers, secrets, clock, log }: AdministrationParts) {
    this.#directory = directory
    this.#keys = keys
    this.#hashing = hashing
    this.#verifiers = verifiers
    this.#apop = secrets
    this.#clock = clock
    this.#log = log
  }

  async addDomain(name: string): Promise<Domain> {
    const domain = domainOrThrow(name)
    const keys = await this.#keys?.newKeys(this.#clock.now())
    const added = await administer(domain, () => this.#directory.addDomain(domain, keys))
    this.#keys?.changed(domain)
    this.#log.info('domain added', { domain })
    return added
  }

  listDomains(): Promise<readonly Domain[]> {
    return administer('domains', () => this.#directory.listDomains())
  }

  async removeDomain(name: string): Promise<void> {
    const domain = domainOrThrow(name)
    await administer(domain, () => this.#directory.removeDomain(domain))
    this.#keys?.changed(domain)
    this.#log.info('domain removed', { domain })
  }

  async setCatchAll(name: string, target: string | undefined): Promise<void> {
    const domain = domainOrThrow(name)
    const account = target === undefined ? undefined : (await this.#resolve(target)).account
    await administer(domain, () => this.#directory.setCatchAll(domain, account?.id))
    this.#log.info('domain has another catch-all', { domain, account: account?.id })
  }

  async add(account: AccountToAdd): Promise<Account> {
    const made = await newAccount(account, this.#verifiers)
    const address = formatAddress(made)
    const [added] = await administer(address, () => this.#directory.addAccounts([made]))
    if (added === undefined) throw new AccountError('unavailable', `${address}: the account was made but cannot be read`)
    this.#log.info('account added', { account: added.id, address })
    return added
  }

  importAccounts(rows: AsyncIterable<ImportRow> | Iterable<ImportRow>): AsyncIterable<ImportOutcome> {
    return importAccounts(rows, this.#directory, this.#verifiers)
  }

  list(): Promise<readonly Account[]> {
    return administer('accounts', () => this.#directory.listAccounts())
  }

  async show(address: string): Promise<Account> {
    return (await this.#resolve(address)).account
  }

  setPassword(address: string, password: string): Promise<void> {
    return this.#change(address, 'account has a new password', async ({ id }) => {
      const { argon2, scram } = await this.#verifiers.make(newPassword(password))
      await this.#directory.setPassword(id, argon2, scram)
    })
  }

  setEnabled(address: string, enabled: boolean): Promise<void> {
    return this.#change(address, enabled ? 'account enabled' : 'account disabled', ({ id }) => this.#directory.setEnabled(id, enabled))
  }

  async setQuota(address: string, quota: number | undefined): Promise<void> {
    checkQuota(quota)
    await this.#change(address, 'account has a new quota', ({ id }) => this.#directory.setQuota(id, { octets: quota }))
  }

  async setMessageQuota(address: string, messages: number | undefined): Promise<void> {
    checkQuota(messages, 'messages')
    await this.#change(address, 'account has a new quota', ({ id }) => this.#directory.setQuota(id, { messages }))
  }

  setLanguage(address: string, language: Language | undefined): Promise<void> {
    return this.#change(address, 'account has another language', ({ id }) => this.#directory.setLanguage(id, language))
  }

  setRole(address: string, role: Role): Promise<void> {
    return this.#change(address, `account is ${role === 'admin' ? 'an administrator' : 'a user'}`, ({ id }) =>
      this.#directory.setRole(id, role),
    )
  }

  setCapabilitiesOff(address: string, names: readonly string[]): Promise<void> {
    return this.#change(address, 'account has other capabilities', ({ id }) => this.#directory.setCapabilitiesOff(id, names))
  }

  async makeApopSecret(address: string): Promise<string> {
    let secret = ''
    await this.#change(address, 'account has a new APOP secret', async ({ id }) => {
      secret = await this.#apopSecrets.make(id)
    })
    return secret
  }

  removeApopSecret(address: string): Promise<void> {
    return this.#change(address, 'account has no APOP secret', ({ id }) => this.#apopSecrets.remove(id))
  }

  async hasApopSecret(address: string): Promise<boolean> {
    const { account } = await this.#resolve(address)
    return administer(address, () => this.#apopSecrets.has(account.id))
  }

  get #apopSecrets(): ApopSecrets {
    if (this.#apop === undefined) throw new AccountError('unavailable', 'There is no key for APOP secrets')
    return this.#apop
  }

  remove(address: string): Promise<void> {
    return this.#change(address, 'account removed', ({ id }) => this.#directory.removeAccount(id))
  }

  async addAlias(alias: string, target: string): Promise<void> {
    const { localPart, domain } = addressOrThrow(alias)
    const { account } = await this.#resolve(target)
    await administer(alias, () => this.#directory.addAlias(localPart, domain, account.id))
    this.#log.info('alias added', { alias, account: account.id })
  }

  listAliases(): Promise<readonly Alias[]> {
    return administer('aliases', () => this.#directory.listAliases())
  }

  setForwarding(address: string, forwarding: Forwarding | undefined): Promise<void> {
    return this.#change(address, 'account forwards otherwise', async (account) => {
      if (forwarding === undefined) return this.#directory.setForwarding(account.id, undefined)
      const targets = await new ForwardingRules(this.#directory).targets(formatAddress(account), forwarding.targets)
      await this.#directory.setForwarding(account.id, { ...forwarding, targets })
    })
  }

  async putGroup(address: string, given: readonly string[], told: boolean): Promise<Group> {
    const { localPart, domain } = addressOrThrow(address)
    const owner = formatAddress({ localPart, domain })
    const group = await administer(address, async () => {
      const targets = await new ForwardingRules(this.#directory).targets(owner, given)
      await this.#directory.putGroup({ localPart, domain, targets, told })
      return { localPart, domain, targets, told }
    })
    this.#log.info('group put', { group: owner, to: forwardsTo({ ...group, keep: false }) })
    return group
  }

  listGroups(): Promise<readonly Group[]> {
    return administer('groups', () => this.#directory.listGroups())
  }

  async addMoved(address: string, to: string): Promise<void> {
    const [old, next] = [addressOrThrow(address), formatAddress(addressOrThrow(to))]
    if (formatAddress(old).toLowerCase() === next.toLowerCase()) throw new AccountError('bad-address', `${address} cannot move to itself`)
    await administer(address, () => this.#directory.addMoved(old.localPart, old.domain, next))
    this.#log.info('address moved', { address, to: next })
  }

  listMoved(): Promise<readonly MovedAddress[]> {
    return administer('moved addresses', () => this.#directory.listMoved())
  }

  async removeAlias(alias: string): Promise<void> {
    const { localPart, domain } = addressOrThrow(alias)
    await administer(alias, () => this.#directory.removeAlias(localPart, domain))
    this.#log.info('alias removed', { alias })
  }

  check(address: string, password?: string): Promise<AccountCheck> {
    return administer(address, () => checkAccount(address, password, this.#directory, this.#hashing, this.#clock))
  }

  async #resolve(address: string): Promise<Resolved> {
    const { localPart, domain } = addressOrThrow(address)
    const found = await administer(address, () => this.#directory.resolve(localPart, domain))
    if (found === undefined) throw new AccountError('account-not-found', `${address}: Account does not exist`)
    return found
  }

  /** An alias is not taken here: `remove` of an alias would remove the account behind it. */
  async #change(address: string, event: string, act: (account: Account) => Promise<void>): Promise<void> {
    const { account, via } = await this.#resolve(address)
    if (via === 'alias') throw new AccountError('account-not-found', `${address} is an alias of ${formatAddress(account)}`)
    await administer(address, () => act(account))
    this.#log.info(event, { account: account.id, address: formatAddress(account) })
  }
}
