import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { AccountService } from '@mailstead/accounts'
import { silentLogger, systemClock } from '@mailstead/base'
import type { ConnectionInfo, TlsSource, WireTap } from '@mailstead/net'
import { openSqlite, type SqliteStore } from '@mailstead/sqlite'
import type { Account, MailStore, MailStores } from '@mailstead/store'
import { collectLogger, ManualClock, rfcLogins, tempDir, type CollectLogger } from '@mailstead/testkit'
import { createPop3Service, type Language, type Pop3Limits } from '../src/index.ts'

export const HOST = 'pop.example.org'

type Scope = Pick<TestContext, 'after'>

/** A real store in a folder of the test's own, with the domain example.org. */
export async function openStore(t: Scope): Promise<SqliteStore> {
  const store = await openSqlite({ path: join(await tempDir(t), 'mail.db'), log: silentLogger, clock: systemClock })
  t.after(() => store.close())
  await store.directory.addDomain('example.org')
  return store
}

let people = 0

async function addAccount(store: SqliteStore): Promise<Account> {
  const localPart = `user${++people}`
  const [account] = await store.directory.addAccounts([
    { localPart, domain: 'example.org', quota: undefined, argon2: 'none', mailboxes: [{ name: 'Trash', specialUse: '\\Trash' }] },
  ])
  if (account === undefined) throw new Error('no account was made')
  return account
}

/** ann and bob, with the password "secret word"; the password "busy" finds the hashing queue full. */
function accountService(store: SqliteStore, accounts: Readonly<Record<string, Account>>): AccountService {
  return {
    async checkPassword(login, password, authorize, { secure, protocol }) {
      const account = accounts[login]
      if (!secure || protocol !== 'pop3') return { ok: false, failure: 'encryption-required' }
      if (password === 'busy') return { ok: false, failure: 'busy' }
      if (account === undefined || password !== 'secret word' || (authorize !== '' && authorize !== login)) {
        return { ok: false, failure: 'bad-credentials' }
      }
      return { ok: true, identity: { account: account.id, address: login } }
    },
    resolve: async () => ({ kind: 'unknown' }),
    maySendAs: async () => false,
    account: (id) => store.directory.account(id),
    find: async () => undefined,
    setLimits: async () => false,
    reserve: async () => undefined,
  }
}

/** RFC 1939 section 7. */
const RFC_TIMESTAMP = '<1896.697170952@dbc.mtview.ca.us>'

function rfcApop(account: Account): NonNullable<AccountService['apop']> {
  return {
    async checkDigest(login, timestamp, digest, { secure, protocol }) {
      if (!secure || protocol !== 'pop3') return { ok: false, failure: 'encryption-required' }
      const right = login === 'mrose' && timestamp === RFC_TIMESTAMP && digest === 'c4c9334bac560ecc979e58001b3e22fb'
      return right ? { ok: true, identity: { account: account.id, address: 'ann@example.org' } } : { ok: false, failure: 'bad-credentials' }
    },
  }
}

export interface TestServer {
  readonly clock: ManualClock
  readonly log: CollectLogger
  readonly account: Account
  readonly mail: MailStore
  drain(ms: number): Promise<void>
  connect(): Promise<Socket>
  /** Resolves once the server knows that the last client is gone. */
  gone(): Promise<void>
  /** Octets and writes to the last client's socket since it connected. */
  written(): { readonly octets: number; readonly writes: number }
}

export interface ServerOptions {
  readonly limits?: Partial<Pop3Limits>
  readonly tls?: TlsSource
  /** Passwords are taken in clear; default true. */
  readonly plaintext?: boolean
  readonly wire?: WireTap
  /** ann logs in as the RFCs' examples do, too. */
  readonly rfcLogins?: boolean
  readonly loginDelay?: number
  readonly loginDelayExempt?: readonly string[]
  readonly expireDays?: number
  readonly language?: Language
  /** ann may log in by APOP as the RFC's mrose does. */
  readonly apop?: boolean
  /** Puts something between the service and its store. */
  readonly around?: (stores: MailStores) => MailStores
}

/** A POP3 server for two new accounts, ann@example.org and bob@example.org, on a free port. */
export async function startServer(t: Scope, store: SqliteStore, options: ServerOptions = {}): Promise<TestServer> {
  const account = await addAccount(store)
  const clock = new ManualClock()
  const log = collectLogger()
  const { loginDelay, loginDelayExempt, expireDays, language } = options
  const service = createPop3Service({
    ...(loginDelay === undefined ? {} : { loginDelay }),
    ...(loginDelayExempt === undefined ? {} : { loginDelayExempt }),
    ...(expireDays === undefined ? {} : { expireDays }),
    ...(language === undefined ? {} : { language }),
    ...(options.apop === true ? { timestamp: () => RFC_TIMESTAMP } : {}),
    hostName: HOST,
    stores: options.around?.(store.stores) ?? store.stores,
    accounts: {
      ...accountService(store, { 'ann@example.org': account, 'bob@example.org': await addAccount(store) }),
      ...(options.apop === true ? { apop: rfcApop(account) } : {}),
      ...(options.rfcLogins === true ? rfcLogins({ account: account.id, address: 'ann@example.org' }) : {}),
    },
    tls: options.tls,
    plaintextFromLoopback: options.plaintext ?? true,
    log,
    clock,
    ...(options.limits === undefined ? {} : { limits: options.limits }),
    ...(options.wire === undefined ? {} : { wire: options.wire }),
  })
  let writes = 0
  let last: Socket | undefined
  const server = createServer((socket) => {
    last = socket
    writes = 0
    const write = socket.write.bind(socket) as (...args: unknown[]) => boolean
    socket.write = ((...args: unknown[]): boolean => {
      writes++
      return write(...args)
    }) as typeof socket.write
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
    clock,
    log,
    account,
    mail: store.stores.for(account.id),
    drain: (ms) => service.drain(ms),
    async connect() {
      const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
      await once(socket, 'connect')
      return socket
    },
    gone: () =>
      new Promise((resolve) => {
        if (last?.closed === false) last.once('close', resolve)
        else resolve()
      }),
    written: () => ({ octets: last?.bytesWritten ?? 0, writes }),
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

/** Appends messages to INBOX, octet by octet as given. */
export async function append(mail: MailStore, ...messages: readonly Uint8Array[]): Promise<void> {
  const { id } = await mail.openMailbox('INBOX')
  const staged = []
  for (const octets of messages) {
    const writer = mail.blobs.stage()
    for (let at = 0; at < octets.length; at += 100_000) await writer.write(octets.subarray(at, at + 100_000))
    staged.push({
      blob: await writer.finish(),
      flags: { system: 0, keywords: [] },
      internalDate: { at: Date.UTC(2026, 0, 15, 9, 30), zone: 60 },
    })
  }
  await mail.append(id, staged)
}
