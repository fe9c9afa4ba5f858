import type { Clock, Logger } from '@mailstead/base'
import type { LoginContext, LoginResult } from '@mailstead/sasl'
import type { Account, AccountId, Directory, MailStores } from '@mailstead/store'
import type { AccountService, Reservation, Resolution } from './accounts.ts'
import type { AccountAdmin } from './admin.ts'
import { Administration } from './administration.ts'
import { argon2Hasher, BoundedHashing, type Hasher } from './hashing.ts'
import { Login } from './login.ts'
import { Reservations } from './reservations.ts'
import { Routing } from './routing.ts'
import { Successes } from './successes.ts'

export interface AccountsOptions {
  readonly directory: Directory
  /** Tells of accounts that were disabled, removed or given another password. */
  readonly stores: Pick<MailStores, 'watchAccounts'>
  readonly log: Logger
  readonly clock: Clock
  /** Tests only: counts what argon2 would do. */
  readonly hasher?: Hasher
}

/** The rules over the directory's rows. */
export function createAccounts({ directory, stores, log, clock, hasher = argon2Hasher }: AccountsOptions): AccountService & AccountAdmin {
  const hashing = new BoundedHashing(hasher)
  const successes = new Successes(clock)
  stores.watchAccounts((change) => {
    if (change.kind === 'account-changed') successes.drop(change.account)
  })
  return new Accounts(directory, hashing, new Login(directory, hashing, successes, clock, log), clock, log)
}

/** What front-ends ask beside what administration does. */
class Accounts extends Administration implements AccountService {
  readonly #directory: Directory
  readonly #login: Login
  readonly #routing: Routing
  readonly #reservations = new Reservations()

  constructor(directory: Directory, hashing: BoundedHashing, login: Login, clock: Clock, log: Logger) {
    super(directory, hashing, clock, log)
    this.#directory = directory
    this.#login = login
    this.#routing = new Routing(directory)
  }

  checkPassword(login: string, password: string, authorize: string, context: LoginContext): Promise<LoginResult> {
    return this.#login.checkPassword(login, password, authorize, context)
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

  async reserve(account: AccountId, size: number): Promise<Reservation | undefined> {
    const givenBack = this.#reservations.givenBack(account)
    const row = await this.#directory.account(account)
    return row === undefined ? undefined : this.#reservations.reserve(row, size, givenBack)
  }
}
