import { createHash, randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { after, type TestContext } from 'node:test'
import { silentLogger } from '@mailstead/base'
import { createAccounts, type AccountsOptions, type Hasher, type OpenAccounts } from '@mailstead/accounts'
import type { LoginContext, LoginResult } from '@mailstead/sasl'
import { openSqlite, type SqliteStore } from '@mailstead/sqlite'
import type { Account, AccountId, Directory } from '@mailstead/store'
import { collectLogger, type CollectLogger, ManualClock, tempDir } from '@mailstead/testkit'

/** Stands for argon2 where its time does not matter: counts, and can be held. */
export class CountingHasher implements Hasher {
  /** Verifiers that passwords were held against, oldest first. */
  readonly verified: string[] = []
  hashed = 0
  running = 0
  /** Most at once. */
  peak = 0
  #gate: Promise<void> | undefined
  #held: 'all' | 'hash' = 'all'
  #open: () => void = () => {}
  /** In the verifiers made from now on. */
  cost = 'm=19456,p=1,t=2'

  hash(password: string): Promise<string> {
    this.hashed++
    const salt = randomBytes(8).toString('hex')
    return this.#work('hash', () => `$argon2id$v=19$${this.cost}$${salt}$${digest(salt, password)}`)
  }

  verify(phc: string, password: string): Promise<boolean> {
    this.verified.push(phc)
    const [, , , , salt = '', verifier] = phc.split('$')
    return this.#work('verify', () => digest(salt, password) === verifier)
  }

  /** Nothing, or no new verifier, is finished from here to `release`. */
  hold(held: 'all' | 'hash' = 'all'): void {
    this.#held = held
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#gate = promise
    this.#open = resolve
  }

  release(): void {
    this.#gate = undefined
    this.#open()
  }

  async #work<T>(kind: 'hash' | 'verify', result: () => T): Promise<T> {
    this.peak = Math.max(this.peak, ++this.running)
    if (this.#held === 'all' || this.#held === kind) await this.#gate
    this.running--
    return result()
  }
}

const digest = (salt: string, password: string): string => createHash('sha256').update(`${salt}:${password}`).digest('base64')

export interface Site {
  readonly store: SqliteStore
  readonly accounts: OpenAccounts
  readonly hasher: CountingHasher
  readonly clock: ManualClock
  readonly log: CollectLogger
  readonly ann: Account
  readonly bob: Account
  readonly login: (name: string, password: string, authorize?: string) => Promise<LoginResult>
  /** What the log says of the last refused login. */
  readonly reason: () => unknown
  /** Puts a message of `octets` into the account's INBOX. */
  readonly fill: (account: AccountId, octets: number) => Promise<void>
}

export const CONTEXT: LoginContext = { protocol: 'imap', secure: true, remoteAddress: '192.0.2.1', session: 's1' }

interface Opened {
  readonly store: SqliteStore
  readonly clock: ManualClock
}

async function open(t: Pick<TestContext, 'after'>): Promise<Opened> {
  const clock = new ManualClock()
  return { store: await openSqlite({ path: join(await tempDir(t), 'mail.db'), log: silentLogger, clock }), clock }
}

/** One store for all tests of a file: opening one starts threads. Opened here, where `after` is the file's own. */
const shared = await open({ after: (clean) => after(clean as () => void) })
after(() => shared.store.close())

async function empty({ directory }: SqliteStore): Promise<void> {
  for (const { localPart, domain } of [...(await directory.listMoved()), ...(await directory.listGroups())])
    await directory.removeAlias(localPart, domain)
  await Promise.all((await directory.listAccounts()).map(({ id }) => directory.removeAccount(id)))
  await Promise.all((await directory.listDomains()).map(({ name }) => directory.removeDomain(name)))
}

/** A site whose store the test may close. */
export async function ownSite(t: Pick<TestContext, 'after'>): Promise<Site> {
  const opened = await open(t)
  t.after(() => opened.store.close())
  return furnish(opened)
}

/** ann@example.org, bob@bücher.example and the alias sales@example.org of ann, each with a password of its own: `ann secret`. */
export async function site(ways: Ways = {}): Promise<Site> {
  await empty(shared.store)
  return furnish(shared, ways)
}

/** Ways to log in beside passwords. */
export type Ways = Pick<AccountsOptions, 'scram' | 'certificates' | 'tokens' | 'apop'>

async function furnish({ store, clock }: Opened, ways: Ways = {}): Promise<Site> {
  const log = collectLogger()
  const hasher = new CountingHasher()
  const accounts = createAccounts({ directory: store.directory, stores: store.stores, log, clock, hasher, ...ways })
  await accounts.addDomain('example.org')
  await accounts.addDomain('bücher.example')
  const ann = await accounts.add({ address: 'ann@example.org', password: 'ann secret', quota: undefined })
  const bob = await accounts.add({ address: 'bob@bücher.example', password: 'bob secret', quota: undefined })
  await accounts.addAlias('sales@example.org', 'ann@example.org')
  return {
    store,
    accounts,
    hasher,
    clock,
    log,
    ann,
    bob,
    login: (name, password, authorize = '') => accounts.checkPassword(name, password, authorize, CONTEXT),
    reason: () => log.events.findLast(({ event }) => event === 'login refused')?.fields['reason'],
    async fill(account, octets) {
      const mail = store.stores.for(account)
      const writer = mail.blobs.stage()
      await writer.write(Buffer.alloc(octets, 'x'))
      const { id } = await mail.openMailbox('INBOX')
      await mail.append(id, [
        { blob: await writer.finish(), flags: { system: 0, keywords: [] }, internalDate: { at: clock.now(), zone: 0 } },
      ])
    },
  }
}

/** The directory, with methods that a test can replace. */
export function overlay(directory: Directory): { -readonly [Name in keyof Directory]: Directory[Name] } {
  return new Proxy({} as Directory, {
    get(own, name: keyof Directory) {
      const asked = directory[name]
      return Reflect.get(own, name) ?? (typeof asked === 'function' ? asked.bind(directory) : asked)
    },
  })
}

export const refused = { ok: false, failure: 'bad-credentials' }
