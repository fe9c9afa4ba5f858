import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { AccountService } from '@mailstead/accounts'
import { silentLogger, systemClock } from '@mailstead/base'
import type { ConnectionInfo, TlsSource, WireTap } from '@mailstead/net'
import { openSqlite, type SqliteStore } from '@mailstead/sqlite'
import type { Account, AccountId, MailStore, MailStores, SpecialUse } from '@mailstead/store'
import { collectLogger, ManualClock, tempDir, type CollectLogger } from '@mailstead/testkit'
import { createImapService, type ImapLimits } from '../src/index.ts'

const MAILBOXES: readonly { name: string; specialUse: SpecialUse }[] = [
  { name: 'Sent', specialUse: '\\Sent' },
  { name: 'Drafts', specialUse: '\\Drafts' },
  { name: 'Trash', specialUse: '\\Trash' },
  { name: 'Junk', specialUse: '\\Junk' },
  { name: 'Archive', specialUse: '\\Archive' },
]

/** A real store in a folder of the test's own, with the domain example.org. */
export async function openStore(t: Pick<TestContext, 'after'>): Promise<SqliteStore> {
  const store = await openSqlite({ path: join(await tempDir(t), 'mail.db'), log: silentLogger, clock: systemClock })
  t.after(() => store.close())
  await store.directory.addDomain('example.org')
  return store
}

let made = 0

/** A new account as `account add` makes it; logins are up to the test's own account service. */
export async function addAccount(store: SqliteStore, quota?: number, localPart = `user${++made}`): Promise<Account> {
  const [account] = await store.directory.addAccounts([{ localPart, domain: 'example.org', quota, argon2: 'none', mailboxes: MAILBOXES }])
  if (account === undefined) throw new Error('no account was made')
  return account
}

/** ann and bob, with the password "secret". */
export function accountService(store: SqliteStore, people: Readonly<Record<string, AccountId>>): AccountService {
  return {
    async checkPassword(login, password, authorize, { secure }) {
      const account = people[login]
      if (!secure) return { ok: false, failure: 'encryption-required' }
      if (password === 'busy') return { ok: false, failure: 'busy' }
      if (account === undefined || password !== 'secret' || (authorize !== '' && authorize !== login)) {
        return { ok: false, failure: 'bad-credentials' }
      }
      const capabilitiesOff = (await store.directory.account(account))?.capabilitiesOff ?? []
      return { ok: true, identity: { account, address: login, capabilitiesOff } }
    },
    async resolve() {
      return { kind: 'unknown' }
    },
    async maySendAs() {
      return false
    },
    account: (id) => store.directory.account(id),
    async find(login) {
      const account = people[login] ?? people[`${login}@example.org`]
      return account === undefined ? undefined : store.directory.account(account)
    },
    async setLimits(by, account, limits) {
      if ((await store.directory.account(by))?.role !== 'admin') return false
      await store.directory.setQuota(account, limits)
      return true
    },
    async reserve() {
      return undefined
    },
  }
}

export interface TestServer {
  readonly port: number
  readonly clock: ManualClock
  readonly log: CollectLogger
  /** ann's. */
  readonly account: Account
  /** bob's. */
  readonly other: Account
  readonly mail: MailStore
  readonly drain: (ms: number) => Promise<void>
  readonly connect: () => Promise<Socket>
  /** How many connections there are. */
  readonly connections: () => number
  /** Octets that were read from all of them. */
  readonly received: () => number
}

export interface ServerOptions {
  readonly quota?: number
  /** The accounts have their real names, and there is a third, cho: for a store of the test's own. */
  readonly named?: boolean
  readonly limits?: Partial<ImapLimits>
  readonly tls?: TlsSource
  /** Passwords are taken in clear; default true. */
  readonly plaintext?: boolean
  readonly savesSent?: (address: string) => boolean
  readonly wire?: WireTap
  /** Stands between the service and the store. */
  readonly stores?: (stores: MailStores) => MailStores
  readonly accounts?: (accounts: AccountService, ann: Account) => AccountService
}

/** An IMAP server for one new account, ann@example.org (and bob@example.org, another), on a free port. */
export async function startServer(t: Pick<TestContext, 'after'>, store: SqliteStore, options: ServerOptions = {}): Promise<TestServer> {
  const named = (name: string): string | undefined => (options.named === true ? name : undefined)
  const account = await addAccount(store, options.quota, named('ann'))
  const other = await addAccount(store, undefined, named('bob'))
  const people: Record<string, AccountId> = { 'ann@example.org': account.id, 'bob@example.org': other.id }
  if (options.named === true) people['cho@example.org'] = (await addAccount(store, undefined, 'cho')).id
  const accounts = accountService(store, people)
  const clock = new ManualClock()
  const log = collectLogger()
  const service = createImapService({
    hostName: 'mail.example.org',
    stores: options.stores?.(store.stores) ?? store.stores,
    accounts: options.accounts?.(accounts, account) ?? accounts,
    tls: options.tls,
    plaintextFromLoopback: options.plaintext ?? true,
    log,
    clock,
    submitters: ['Bob@Example.org'],
    about: { comment: 'Shared comment', admin: 'mailto:postmaster@example.org' },
    // Nobody turns the clock while a client waits for news.
    limits: { idleRest: 0, newsRest: 0, ...options.limits },
    ...(options.wire === undefined ? {} : { wire: options.wire }),
    ...(options.savesSent === undefined ? {} : { savesSent: options.savesSent }),
  })
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    service.accept(socket, infoOf(socket))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  t.after(async () => {
    server.close()
    const drained = service.drain(0)
    clock.advance(0)
    await drained
  })
  return {
    port,
    clock,
    log,
    account,
    other,
    mail: store.stores.for(account.id),
    drain: (ms) => service.drain(ms),
    connections: () => sockets.size,
    received: () => [...sockets].reduce((sum, { bytesRead }) => sum + bytesRead, 0),
    async connect() {
      const socket = connect(port, '127.0.0.1')
      await once(socket, 'connect')
      return socket
    },
  }
}

let sessions = 0

function infoOf(socket: Socket): ConnectionInfo {
  return {
    id: `t-${++sessions}`,
    secure: false,
    remoteAddress: '127.0.0.1',
    remotePort: socket.remotePort ?? 0,
    localPort: socket.localPort ?? 0,
    loopback: true,
  }
}

/** Appends a small message; `text` is its subject and body. */
export async function deliver(mail: MailStore, mailbox: string, text: string): Promise<void> {
  const { id } = await mail.openMailbox(mailbox)
  const writer = mail.blobs.stage()
  await writer.write(Buffer.from(`From: ann@example.org\r\nSubject: ${text}\r\n\r\n${text}\r\n`))
  const internalDate = { at: Date.UTC(2026, 0, 15, 9, 30), zone: 60 }
  await mail.append(id, [{ blob: await writer.finish(), flags: { system: 0, keywords: [] }, internalDate }])
}
