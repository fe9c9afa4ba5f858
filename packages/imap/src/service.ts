import type { Socket } from 'node:net'
import type { AccountService } from '@mailstead/accounts'
import type { ConnectionInfo, FrontEndOptions, Refusal, Service } from '@mailstead/net'
import type { AccountId, MailStores } from '@mailstead/store'
import type { Services } from './command.ts'
import { Connection } from './connection.ts'
import { ListedValues } from './fetch/listed.ts'
import { KeyColumns } from './keys/key-columns.ts'
import { DEFAULT_LIMITS, type ImapLimits } from './limits.ts'
import { MailboxIndexes } from './mailbox-indexes.ts'
import { ProgressWatch } from './progress.ts'
import { fullRegistry } from './registry.ts'
import { ConnectionTap } from './tap.ts'

export interface ImapOptions extends FrontEndOptions {
  readonly stores: MailStores
  readonly accounts: AccountService
  readonly limits?: Partial<ImapLimits>
  /** Addresses of accounts that other submission servers log in as: they may fetch what URLs with `submit+` name (RFC 4467). */
  readonly submitters?: readonly string[]
  /** Whether the server saves what an account sends, by address: what its programs append of that is not kept twice. Default: of nobody's. */
  readonly savesSent?: (address: string) => boolean
  /** Annotations of the server that everybody reads (RFC 5464 section 6.2): a note, and the URI of who looks after it. */
  readonly about?: { readonly comment?: string | undefined; readonly admin?: string | undefined }
}

/** IMAP for the listeners: port 143 with STARTTLS, port 993 with TLS from the start. */
export function createImapService(options: ImapOptions): Service {
  return new ImapService(options)
}

const REFUSAL = {
  'too-many': '[UNAVAILABLE] Too many connections, try again later',
  'too-often': '[UNAVAILABLE] Too many new connections, try again later',
  'not-a-client': 'You may not connect from there',
} as const satisfies Record<Refusal, string>

class ImapService implements Service {
  readonly #options: ImapOptions
  readonly #services: Services
  readonly #registry = fullRegistry()
  readonly #connections = new Set<Connection>()
  readonly #accounts = new Map<AccountId, Set<Connection>>()
  #draining = false
  readonly #unwatch: () => void
  #emptied: (() => void)[] = []

  constructor(options: ImapOptions) {
    const limits = { ...DEFAULT_LIMITS, ...options.limits }
    const { hostName, stores, accounts, clock, log } = options
    this.#options = options
    const submitters = new Set((options.submitters ?? []).map((address) => address.toLowerCase()))
    const serverMetadata = Object.entries(options.about ?? {}).flatMap(([entry, text]) =>
      text === undefined ? [] : { name: `/shared/${entry}`, value: Buffer.from(text) },
    )
    const indexes = new MailboxIndexes(stores, log, limits.pendingChanges)
    const progressWatch = new ProgressWatch(clock, limits.progressTime)
    const memory = { keys: new KeyColumns(undefined, clock), listed: new ListedValues() }
    const { savesSent = () => false } = options
    this.#services = { hostName, stores, accounts, clock, limits, progressWatch, submitters, savesSent, serverMetadata, indexes, ...memory }
    // A disabled or removed account, or one with a new password: its sessions end.
    this.#unwatch = stores.watchAccounts((change) => {
      if (change.kind !== 'account-changed') return
      for (const connection of this.#accounts.get(change.account) ?? []) connection.goodbye('Your account has changed, log in again')
    })
  }

  accept(socket: Socket, info: ConnectionInfo): void {
    const { wire, tls, log, plaintextFromLoopback } = this.#options
    if (this.#draining) {
      this.refuse(socket, undefined, 'too-many')
      return
    }
    const connection: Connection = new Connection(socket, info, {
      services: this.#services,
      registry: this.#registry,
      tls,
      plaintext: plaintextFromLoopback && info.loopback,
      log: log.child({ session: info.id }),
      tap: wire === undefined ? undefined : new ConnectionTap(wire.open('imap', info)),
      admit: (session, account) => this.#admit(session, account),
      leave: (session) => this.#leave(session),
      closed: (session) => this.#closed(session),
    })
    this.#connections.add(connection)
    connection.start()
  }

  refuse(socket: Socket, _info: unknown, reason: Refusal): void {
    socket.on('error', () => {})
    socket.end(`* BYE ${REFUSAL[reason]}\r\n`)
  }

  async drain(ms: number): Promise<void> {
    this.#draining = true
    this.#unwatch()
    for (const connection of this.#connections) connection.goodbye('The server is shutting down', 'UNAVAILABLE')
    if (this.#connections.size === 0) return
    const cut = this.#options.clock.after(ms, () => {
      for (const connection of this.#connections) connection.destroy()
    })
    await new Promise<void>((resolve) => this.#emptied.push(resolve))
    cut.cancel()
  }

  #admit(connection: Connection, account: AccountId): boolean {
    const sessions = this.#accounts.get(account) ?? new Set()
    if (sessions.size >= this.#services.limits.sessionsPerAccount) return false
    this.#accounts.set(account, sessions.add(connection))
    return true
  }

  #closed(connection: Connection): void {
    this.#connections.delete(connection)
    this.#leave(connection)
    if (this.#connections.size === 0) for (const resolve of this.#emptied.splice(0)) resolve()
  }

  #leave(connection: Connection): void {
    for (const [account, sessions] of this.#accounts) {
      if (sessions.delete(connection) && sessions.size === 0) this.#accounts.delete(account)
    }
  }
}
