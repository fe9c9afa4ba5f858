import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { SenderRewriting } from '@mailstead/signing'
import { createAccounts, type AccountAdmin, type AccountService, type Hasher } from '@mailstead/accounts'
import type { Networks } from '@mailstead/base'
import { createDelivery, type Policy, startDueDelivery, startReporter } from '@mailstead/delivery'
import type { ConnectionInfo, Service, TlsSource, WireTap } from '@mailstead/net'
import { openSqlite, type SqliteStore } from '@mailstead/sqlite'
import { type AddressRates, createSmtpService, type MailRequests, type Role, type SendingCounts, type SmtpLimits } from '@mailstead/smtp'
import type { AccountId, Blobs, Intake, MessageRow, Uid } from '@mailstead/store'
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
  readonly trusted?: Networks
  readonly xclient?: Networks
  readonly expn?: boolean
  readonly maxHold?: number
  /** Octets that an account may let wait. */
  readonly maxHeld?: number
  readonly rates?: AddressRates
  readonly sending?: SendingCounts
  /** Where the next client comes from; default 127.0.0.1. */
  readonly remoteAddress?: () => string
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
  /** Mail can leave. */
  readonly leaves?: boolean
  readonly relays?: (domain: string) => boolean
  readonly requests?: MailRequests
}

export interface Port {
  /** The server's ends, oldest first. */
  readonly sockets: readonly Socket[]
  readonly port: number
  readonly service: Service
  readonly connect: () => Socket
}

/** As good as any secret, and the same in every run: transcripts hold what it makes. */
export const REWRITING = new SenderRewriting(Buffer.alloc(32, 7))

const ADDRESSES = ['ann@example.org', 'bob@example.org', 'eve@example.org', 'full@example.org', 'off@example.org', 'jörg@bücher.example']

/**
 * A store with accounts of example.org and bücher.example, everyone's password being `secret`; `full` has a quota of
 * 1000 octets, `off` is disabled, sales@example.org is an alias of bob, moved@ and away@example.org have moved, and bob gets what is
 * for nobody at all.example; team@, told@, quiet@ and odd@example.org are groups.
 */
export async function site(t: Scope): Promise<Site> {
  const clock = new ManualClock()
  const log = collectLogger()
  const store = await openSqlite({ path: join(await tempDir(t as Pick<TestContext, 'after'>), 'mail.db'), log, clock })
  t.after(async () => {
    await due.stop()
    await reporter.stop()
    await store.close()
  })
  const accounts = createAccounts({ directory: store.directory, stores: store.stores, log, clock, hasher: PLAIN_HASHER })
  const { queue, intake, stores } = store
  const delivery = createDelivery({ intake, accounts, log, clock, hostName: HOST, leaves: true })
  const reporter = startReporter({ queue, delivery, blobs: stores.blobs, accounts, log, clock, hostName: HOST })
  const due = startDueDelivery({ queue, delivery, blobs: stores.blobs, log, clock })
  for (const domain of ['example.org', 'bücher.example']) await accounts.addDomain(domain)
  const ids = new Map<string, AccountId>()
  for (const address of ADDRESSES) {
    const quota = address.startsWith('full@') ? 1000 : undefined
    const { id, localPart } = await accounts.add({ address, password: 'secret', quota })
    ids.set(localPart, id)
  }
  await accounts.addAlias('sales@example.org', 'bob@example.org')
  await accounts.addAlias('musik@example.org', 'jörg@bücher.example')
  await accounts.putGroup('team@example.org', ['ann@example.org', 'bob@example.org', 'carl@far.example'], true)
  await accounts.putGroup('told@example.org', ['told@far.example'], true)
  await accounts.putGroup('quiet@example.org', ['quiet@far.example'], false)
  await accounts.putGroup('odd@example.org', ['jörg@far.example'], true)
  await accounts.addMoved('moved@example.org', 'moved@far.example')
  await accounts.addMoved('away@example.org', 'jörg@far.example')
  await accounts.addDomain('all.example')
  await accounts.setCatchAll('all.example', 'bob@example.org')
  await accounts.addMoved('left@all.example', 'left@far.example')
  const idOf = (name: string): AccountId => {
    const id = ids.get(name)
    if (id === undefined) throw new Error(`no account ${name}`)
    return id
  }
  const setEnabled = (name: string, enabled: boolean): Promise<void> => accounts.setEnabled(`${name}@example.org`, enabled)
  await setEnabled('off', false)
  const { service, ...held } = counted(accounts)
  return {
    store,
    accounts: service,
    clock,
    log,
    reserved: () => held.reserved(),
    serve: (role, options = {}) => serve(options.scope ?? t, role, options, { store, clock, log, accounts: service }),
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
  const { policy, limits, wire, trusted, xclient, expn, maxHold, maxHeld, rates, sending, requests } = options
  const delivery = createDelivery({
    intake: options.intake ?? store.intake,
    accounts,
    log,
    clock,
    hostName: HOST,
    leaves: options.leaves ?? false,
    rewriting: REWRITING,
    relays: options.relays ?? (() => false),
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
    trusted,
    xclient,
    ...(expn === undefined ? {} : { expn }),
    ...(maxHold === undefined ? {} : { maxHold }),
    ...(maxHeld === undefined ? {} : { hasRoomToHold: async (account, octets) => (await store.queue.heldBy(account)) + octets <= maxHeld }),
    rates,
    sending,
    requests,
    ...(limits === undefined ? {} : { limits }),
    ...(policy === undefined ? {} : { policy }),
    ...(wire === undefined ? {} : { wire }),
  })
  let count = 0
  const sockets: Socket[] = []
  const server = createServer((raw) => {
    const info = (secure: boolean): ConnectionInfo => ({
      id: `${role}-${++count}`,
      secure,
      remoteAddress: options.remoteAddress?.() ?? '127.0.0.1',
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

async function newest(store: SqliteStore, account: AccountId): Promise<Buffer> {
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

/** argon2's cost tells nothing here. */
const PLAIN_HASHER: Hasher = {
  hash: (password) => Promise.resolve(`$plain$${password}`),
  verify: (phc, password) => Promise.resolve(phc === `$plain$${password}`),
}

type Accounts = AccountService & AccountAdmin

/** The accounts with what they reserve counted; `busy@example.org` finds the logins' queue full. */
function counted(accounts: Accounts): { readonly service: AccountService; reserved(): number } {
  let reserved = 0
  const service: AccountService = {
    resolve: (...args) => accounts.resolve(...args),
    maySendAs: (...args) => accounts.maySendAs(...args),
    account: (id) => accounts.account(id),
    find: (login) => accounts.find(login),
    setLimits: (...args) => accounts.setLimits(...args),
    checkPassword: (login, ...rest) =>
      login === 'busy@example.org' ? Promise.resolve({ ok: false, failure: 'busy' }) : accounts.checkPassword(login, ...rest),
    async reserve(id, size) {
      const reservation = await accounts.reserve(id, size)
      if (reservation === undefined) return undefined
      reserved += size
      let held = size
      return {
        release() {
          reserved -= held
          held = 0
          reservation.release()
        },
      }
    },
  }
  return { service, reserved: () => reserved }
}

export const ENVELOPE = 'EHLO client.example\r\nMAIL FROM:<a@far.example>\r\nRCPT TO:<ann@example.org>\r\nDATA\r\n'

/** Sends as fast as the server reads, resolves to all that it said. */
export async function talk(port: Port, pieces: Iterable<string | Uint8Array>): Promise<string> {
  const socket = port.connect()
  const said: Buffer[] = []
  socket.on('data', (chunk: Buffer) => said.push(chunk))
  const ended = new Promise<void>((resolve, reject) => {
    socket.once('end', resolve)
    socket.once('error', reject)
  })
  for (const piece of pieces) {
    if (!socket.write(piece)) await new Promise((resolve) => socket.once('drain', resolve))
  }
  socket.write('QUIT\r\n')
  await ended
  socket.destroy()
  return Buffer.concat(said).toString('latin1')
}
