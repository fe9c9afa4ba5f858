import type { Clock, Logger } from '@mailstead/base'
import type { ApopCredentials, CertificateCredentials, LoginContext, LoginResult, TokenCredentials } from '@mailstead/sasl'
import type { Account, AccountId, Directory, MailStores, QuotaLimits } from '@mailstead/store'
import type { AccountService, Reservation, Resolution } from './accounts.ts'
import type { AccountAdmin } from './admin.ts'
import { ApopLogin } from './apop/login.ts'
import { ApopSecrets, type ApopKey } from './apop/secrets.ts'
import { Administration, type AdministrationParts } from './administration.ts'
import { CertificateLogin } from './certificate-login.ts'
import type { DomainKeys } from './domain-keys.ts'
import { Doorkeeper } from './doorkeeper.ts'
import { argon2Hasher, BoundedHashing, type Hasher } from './hashing.ts'
import { Login } from './login.ts'
import { Reservations } from './reservations.ts'
import { Routing } from './routing.ts'
import { ScramLogin } from './scram-login.ts'
import { Successes } from './successes.ts'
import { TokenLogin, type TokenOptions } from './token-login.ts'
import { VerifierMaker, type ScramOptions } from './verifiers.ts'

export interface AccountsOptions {
  readonly directory: Directory
  /** Tells of accounts that were disabled, removed or given another password. */
  readonly stores: Pick<MailStores, 'watchAccounts'>
  readonly log: Logger
  readonly clock: Clock
  /** Absent: domains are added without keys to sign their mail. */
  readonly keys?: DomainKeys | undefined
  /** Absent: no SCRAM, and no verifiers for it are made. */
  readonly scram?: ScramOptions | undefined
  /** Whether a client certificate tells who somebody is. */
  readonly certificates?: boolean
  /** Absent: no bearer tokens are taken, and nobody is asked about any. */
  readonly tokens?: TokenOptions | undefined
  /** Absent: there are no APOP secrets. `offered`: they let somebody in. */
  readonly apop?: { readonly offered: boolean; readonly key: ApopKey } | undefined
  /** Tests only: counts what argon2 would do. */
  readonly hasher?: Hasher
}

/** Accounts as a server opens them. */
export interface OpenAccounts extends AccountService, AccountAdmin {
  /** Resolves once it is known what may be offered to clients, changes up to now included: due before the first of them. Never rejects. */
  ready(): Promise<void>
}

/** The rules over the directory's rows. */
export function createAccounts(options: AccountsOptions): OpenAccounts {
  const { directory, stores, log, clock, hasher = argon2Hasher } = options
  const hashing = new BoundedHashing(hasher)
  const successes = new Successes(clock)
  const door = new Doorkeeper(directory, clock, log)
  const scram = options.scram === undefined ? undefined : new ScramLogin(directory, door, options.scram, log)
  const apop = options.apop === undefined ? undefined : new ApopSecrets(directory, options.apop.key)
  stores.watchAccounts((change) => {
    if (change.kind !== 'account-changed') return
    successes.drop(change.account)
    void scram?.recount()
  })
  void scram?.recount()
  return new Accounts({
    directory,
    keys: options.keys,
    door,
    hashing,
    verifiers: new VerifierMaker(hashing, options.scram),
    clock,
    log,
    password: new Login(directory, door, hashing, successes, log),
    scram,
    tokens: options.tokens === undefined ? undefined : new TokenLogin(door, options.tokens, clock),
    certificates: options.certificates === true ? new CertificateLogin(door) : undefined,
    secrets: apop,
    apop: apop !== undefined && options.apop?.offered === true ? new ApopLogin(door, apop) : undefined,
  })
}

interface Parts extends AdministrationParts {
  readonly door: Doorkeeper
  readonly password: Login
  readonly scram: ScramLogin | undefined
  readonly tokens: TokenCredentials | undefined
  readonly certificates: CertificateCredentials | undefined
  readonly apop: ApopCredentials | undefined
}

/** What front-ends ask beside what administration does. */
class Accounts extends Administration implements OpenAccounts {
  readonly scram: ScramLogin | undefined
  readonly tokens: TokenCredentials | undefined
  readonly certificates: CertificateCredentials | undefined
  readonly apop: ApopCredentials | undefined
  readonly #directory: Directory
  readonly #door: Doorkeeper
  readonly #log: Logger
  readonly #password: Login
  readonly #routing: Routing
  readonly #reservations = new Reservations()

  constructor(parts: Parts) {
    super(parts)
    const { directory, door, log, password, scram, tokens, certificates, apop } = parts
    this.apop = apop
    this.scram = scram
    this.tokens = tokens
    this.certificates = certificates
    this.#directory = directory
    this.#door = door
    this.#log = log
    this.#password = password
    this.#routing = new Routing(directory)
  }

  async ready(): Promise<void> {
    await this.scram?.recount()
  }

  checkPassword(login: string, password: string, authorize: string, context: LoginContext): Promise<LoginResult> {
    return this.#password.checkPassword(login, password, authorize, context)
  }

  resolve(localPart: string, domain: string): Promise<Resolution> {
    return this.#routing.resolve(localPart, domain)
  }

  maySendAs(account: AccountId, localPart: string, domain: string): Promise<boolean> {
    return this.#routing.maySendAs(account, localPart, domain)
  }

  account(id: AccountId): Promise<Account | undefined> {
    return this.#directory.account(id)
  }

  find(login: string): Promise<Account | undefined> {
    return this.#door.find(login)
  }

  async setLimits(by: AccountId, account: AccountId, limits: Required<QuotaLimits>): Promise<boolean> {
    if ((await this.#directory.account(by))?.role !== 'admin') return false
    await this.#directory.setQuota(account, limits)
    this.#log.info('account has a new quota', { account, by })
    return true
  }

  async reserve(account: AccountId, size: number): Promise<Reservation | undefined> {
    const givenBack = this.#reservations.givenBack(account)
    const row = await this.#directory.account(account)
    return row === undefined ? undefined : this.#reservations.reserve(row, size, givenBack)
  }
}
