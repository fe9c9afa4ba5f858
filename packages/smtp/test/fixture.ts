import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { AccountService } from '@mailstead/accounts'
import { createDelivery, type Policy } from '@mailstead/delivery'
import type { ConnectionInfo, Service, TlsSource, WireTap } from '@mailstead/net'
import { openSqlite, type SqliteStore } from '@mailstead/sqlite'
import { createSmtpService, type Role, type SmtpLimits } from '@mailstead/smtp'
import type { Account, Blobs, Intake, MessageRow, Uid } from '@mailstead/store'
import { collectLogger, type CollectLogger, ManualClock, tempDir } from '@mailstead/testkit'

export const HOST = 'mx.example.org'

/** A test, or the file with node:test's own `after`. */
export interface Scope {
  after(clean: () => Promise<void>): void
}

export interface Site {
  readonly store: SqliteStore
  readonly accounts: AccountService
  readonly clock: ManualClock
  readonly log: CollectLogger
  /** Octets reserved and not given back. */
  reserved(): number
  /** Opens a port of its own for a service of the given role. */
  serve(role: Role, options?: ServeOptions): Promise<Port>
  setEnabled(name: string, enabled: boolean): Promise<void>
  /** Messages in an account's INBOX. */
  count(name: string): Promise<number>
  /** The newest message of an account's INBOX, whole. */
  newest(name: string): Promise<Buffer>
}

export interface ServeOptions {
  readonly limits?: Partial<SmtpLimits>
  readonly tls?: TlsSource
  readonly plaintextFromLoopback?: boolean
  /** What the service is told of its clients; default true. */
  readonly loopback?: boolean
  readonly policy?: Policy
  readonly wire?: WireTap
  /** Instead of the store's. */
  readonly blobs?: Blobs
  readonly intake?: Intake
  readonly accounts?: AccountService
  /** Closes the port; the site's own by default. */
  readonly scope?: Scope
  /** Wraps what is accepted, for implicit TLS. */
  readonly secure?: (socket: Socket) => Promise<Socket>
}

export interface Port {
  /** The server's ends, oldest first. */
  readonly sockets: readonly Socket[]
  readonly port: number
  readonly service: Service
  readonly connect: () => Socket
}

const NAMES = ['ann', 'bob', 'full', 'off']

/** A store with accounts of example.org, everyone's password being `secret`; `full` has a quota of 1000 octets, `off` is disabled. */
export async function site(t: Scope): Promise<Site> {
  const clock = new ManualClock()
  const log = collectLogger()
  const store = await openSqlite({ path: join(await tempDir(t as Pick<TestContext, 'after'>), 'mail.db'), log, clock })
  t.after(() => store.close())
  await store.directory.addDomain('example.org')
  const accounts = await store.directory.addAccounts(
    NAMES.map((localPart) => ({
      localPart,
      domain: 'example.org',
      quota: localPart === 'full' ? 1000 : undefined,
      argon2: '$argon2id$x',
      mailboxes: [],
    })),
  )
  const byName = new Map(accounts.map((account) => [account.localPart, account]))
  const idOf = (name: string): Account['id'] => {
    const account = byName.get(name)
    if (account === undefined) throw new Error(`no account ${name}`)
    return account.id
  }
  const setEnabled = (name: string, enabled: boolean): Promise<void> => store.directory.setEnabled(idOf(name), enabled)
  await setEnabled('off', false)
  const fake = fakeAccounts(store, byName)
  return {
    store,
    accounts: fake.service,
    clock,
    log,
    reserved: () => fake.reserved(),
    serve: (role, options = {}) => serve(options.scope ?? t, role, options, { store, clock, log, accounts: fake.service }),
    setEnabled,
    async count(name) {
      return (await store.stores.for(idOf(name)).openMailbox('INBOX')).messages
    },
    newest: (name) => newest(store, idOf(name)),
  }
}

async function serve(
  t: Scope,
  role: Role,
  options: ServeOptions,
  { store, clock, log, accounts: own }: Pick<Site, 'store' | 'clock' | 'log' | 'accounts'>,
): Promise<Port> {
  const accounts = options.accounts ?? own
  const { policy, limits, wire } = options
  const delivery = createDelivery({
    intake: options.intake ?? store.intake,
    accounts,
    log,
    clock,
    hostName: HOST,
    ...(policy === undefined ? {} : { policy }),
  })
  const service = createSmtpService({
    role,
    hostName: HOST,
    tls: options.tls,
    plaintextFromLoopback: options.plaintextFromLoopback ?? false,
    log,
    clock,
    accounts,
    delivery,
    blobs: options.blobs ?? store.stores.blobs,
    ...(limits === undefined ? {} : { limits }),
    ...(wire === undefined ? {} : { wire }),
  })
  let count = 0
  const sockets: Socket[] = []
  const server = createServer((raw) => {
    const info = (secure: boolean): ConnectionInfo => ({
      id: `${role}-${++count}`,
      secure,
      remoteAddress: '127.0.0.1',
      remotePort: raw.remotePort ?? 0,
      localPort: raw.localPort ?? 0,
      loopback: options.loopback ?? true,
    })
    raw.on('error', () => {})
    sockets.push(raw)
    if (options.secure === undefined) service.accept(raw, info(false))
    else
      options.secure(raw).then(
        (socket) => service.accept(socket, info(true)),
        () => raw.destroy(),
      )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(async () => {
    server.close()
    const drained = service.drain(0)
    clock.advance(1)
    await drained
  })
  const { port } = server.address() as AddressInfo
  return { port, service, sockets, connect: () => connect({ port, host: '127.0.0.1', allowHalfOpen: true }) }
}

async function newest(store: SqliteStore, account: Account['id']): Promise<Buffer> {
  const mail = store.stores.for(account)
  const { id, uidNext } = await mail.openMailbox('INBOX')
  const [row] = await mail.fetch(id, [(uidNext - 1) as Uid], {})
  if (row === undefined) throw new Error('INBOX is empty')
  return whole(store, row)
}

async function whole(store: SqliteStore, row: MessageRow): Promise<Buffer> {
  const parts: Uint8Array[] = [row.prefix]
  for (let at = 0; at < row.blobSize;) {
    const part = await store.stores.blobs.read(row.blob, at, 256 * 1024)
    parts.push(part)
    at += part.length
  }
  return Buffer.concat(parts)
}

/** Rules of the accounts package in short, over the real directory; reservations are counted. */
function fakeAccounts(store: SqliteStore, byName: Map<string, Account>): { readonly service: AccountService; reserved(): number } {
  const held = new Map<number, number>()
  const service: AccountService = {
    async resolve(localPart, domain) {
      if (domain !== '' && domain.toLowerCase() !== 'example.org') return { kind: 'elsewhere' }
      const [name = '', tag] = localPart.toLowerCase().split('+')
      const resolved = await store.directory.resolve(name === 'postmaster' ? 'ann' : name, 'example.org')
      if (resolved === undefined) return { kind: 'unknown' }
      if (!resolved.account.enabled) return { kind: 'disabled' }
      return { kind: 'local', recipient: { account: resolved.account, address: `${name}@example.org`, tag } }
    },
    maySendAs: (id, localPart, domain) =>
      Promise.resolve(domain.toLowerCase() === 'example.org' && byName.get(localPart.split('+')[0] ?? '')?.id === id),
    account: (id) => store.directory.account(id),
    async reserve(id, size) {
      const account = await store.directory.account(id)
      const before = held.get(id) ?? 0
      if (account?.quota !== undefined && account.usedOctets + before + size > account.quota) return undefined
      held.set(id, before + size)
      let left = size
      return {
        release() {
          held.set(id, (held.get(id) ?? 0) - left)
          left = 0
        },
      }
    },
    checkPassword(login, password) {
      if (login === 'busy@example.org') return Promise.resolve({ ok: false, failure: 'busy' })
      const account = byName.get(login.split('@')[0] ?? '')
      if (account === undefined || password !== 'secret') return Promise.resolve({ ok: false, failure: 'bad-credentials' })
      return Promise.resolve({ ok: true, identity: { account: account.id, address: `${account.localPart}@${account.domain}` } })
    },
  }
  return { service, reserved: () => [...held.values()].reduce((sum, size) => sum + size, 0) }
}
