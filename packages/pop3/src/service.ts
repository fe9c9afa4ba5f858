import { randomBytes } from 'node:crypto'
import type { Socket } from 'node:net'
import type { AccountService } from '@mailstead/accounts'
import type { ConnectionInfo, FrontEndOptions, Refusal, Service } from '@mailstead/net'
import type { MailStores } from '@mailstead/store'
import { formatPop3Reply, type Pop3ResponseCode } from '@mailstead/wire'
import type { Services } from './command.ts'
import { Connection } from './connection.ts'
import { DEFAULT_LIMITS, type Pop3Limits } from './limits.ts'
import { LoginDelays } from './login-delays.ts'
import { Maildrops } from './maildrops.ts'
import { ConnectionTap } from './tap.ts'
import { LANGUAGES, type Language, type Say } from './texts.ts'

export interface Pop3Options extends FrontEndOptions {
  readonly stores: MailStores
  readonly accounts: AccountService
  /** What `LANG *` means: English when nothing is said. */
  readonly language?: Language
  /** Tests only: what greetings hold when `accounts` offers APOP. */
  readonly timestamp?: () => string
  /** Seconds between two logins of an account: none when nothing is said. */
  readonly loginDelay?: number
  /** Addresses that `loginDelay` does not hold up. */
  readonly loginDelayExempt?: readonly string[]
  /** Days after which somebody else than this server removes mail; 0 and when nothing is said: nobody does. */
  readonly expireDays?: number
  /** Those left out have DEFAULT_LIMITS. */
  readonly limits?: Partial<Pop3Limits>
}

/** POP3 for the listeners: port 110 with STLS, port 995 with TLS from the start. One service for both: it holds the locks. */
export function createPop3Service(options: Pop3Options): Service {
  return new Pop3Service(options)
}

class Pop3Service implements Service {
  readonly #options: Pop3Options
  readonly #services: Services
  readonly #connections = new Set<Connection>()
  #draining = false
  #emptied: (() => void) | undefined

  constructor(options: Pop3Options) {
    const { hostName, accounts, stores, clock, language = 'en', loginDelay = 0, loginDelayExempt = [], expireDays = 0 } = options
    const exempt = new Set(loginDelayExempt.map((address) => address.toLowerCase()))
    this.#options = options
    this.#services = {
      hostName,
      accounts,
      maildrops: new Maildrops(stores, clock),
      clock,
      timestamp: options.timestamp ?? (() => `<${randomBytes(16).toString('hex')}.${clock.now()}@${hostName}>`),
      loginDelays: new LoginDelays(loginDelay, exempt, clock),
      expireDays,
      limits: { ...DEFAULT_LIMITS, ...options.limits },
      language,
    }
    // A disabled or removed account, or one with a new password: its session ends.
    stores.watchAccounts((change) => {
      if (change.kind !== 'account-changed') return
      for (const connection of this.#connections) {
        if (connection.account === change.account) connection.goodbye((texts) => texts.accountChanged)
      }
    })
  }

  accept(socket: Socket, info: ConnectionInfo): void {
    const { wire, tls, log, plaintextFromLoopback } = this.#options
    if (this.#draining) return refuse(socket, 'SYS/TEMP', (texts) => texts.shuttingDown)
    const connection: Connection = new Connection(socket, info, {
      services: this.#services,
      tls,
      plaintext: plaintextFromLoopback && info.loopback,
      log: log.child({ session: info.id }),
      tap: wire === undefined ? undefined : new ConnectionTap(wire.open('pop3', info)),
      closed: (session) => this.#closed(session),
    })
    this.#connections.add(connection)
    connection.start()
  }

  refuse(socket: Socket, _info: unknown, reason: Refusal): void {
    if (reason === 'not-a-client') refuse(socket, 'SYS/PERM', (texts) => texts.notAClient)
    else refuse(socket, 'SYS/TEMP', (texts) => texts.tooManyConnections)
  }

  async drain(ms: number): Promise<void> {
    this.#draining = true
    for (const connection of this.#connections) connection.drain()
    if (this.#connections.size === 0) return
    const cut = this.#options.clock.after(ms, () => {
      for (const connection of this.#connections) connection.destroy()
    })
    await new Promise<void>((resolve) => (this.#emptied = resolve))
    cut.cancel()
  }

  #closed(connection: Connection): void {
    this.#connections.delete(connection)
    if (this.#connections.size === 0) this.#emptied?.()
  }
}

function refuse(socket: Socket, code: Pop3ResponseCode, say: Say): void {
  socket.on('error', () => {})
  socket.end(formatPop3Reply('-ERR', code, say(LANGUAGES.en.texts)))
}
