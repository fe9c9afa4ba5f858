import type { Socket } from 'node:net'
import type { AccountService } from '@mailstead/accounts'
import type { Networks } from '@mailstead/base'
import type { Delivery, Policy } from '@mailstead/delivery'
import type { ConnectionInfo, FrontEndOptions, Refusal, Service } from '@mailstead/net'
import type { AccountId, Blobs } from '@mailstead/store'
import { formatReply } from '@mailstead/wire'
import { Connection } from './adapter/connection.ts'
import { LibraryServer } from './adapter/server.ts'
import { Dispatcher } from './dispatcher.ts'
import { DEFAULT_LIMITS, type SmtpLimits } from './limits.ts'
import { type FixedReply, nameFirst, say } from './replies.ts'
import { mayConnect } from './rates/meter.ts'
import type { AddressRates } from './rates/address-rates.ts'
import type { SendingCounts } from './rates/sending.ts'
import type { MailRequests } from './requests.ts'
import type { Role } from './role.ts'
import { greetingOf, Session } from './session.ts'
import type { SmtpContext } from './context.ts'

export interface SmtpServiceOptions extends FrontEndOptions {
  readonly role: Role
  readonly accounts: AccountService
  readonly delivery: Delivery
  /** Judges strangers, on role mx alone. Default: everybody is welcome. */
  readonly policy?: Policy
  readonly blobs: Blobs
  /** Whose messages are put right rather than refused where their line ends are not CRLF; nobody's when absent. */
  readonly trusted?: Networks | undefined
  /** What addresses may do; shared by all services that count together. Absent: nothing is counted. */
  readonly rates?: AddressRates | undefined
  /** What accounts may send; shared likewise. */
  readonly sending?: SendingCounts | undefined
  /** Who may say by XCLIENT for whom it speaks; without it nobody may, and the command is unknown. */
  readonly xclient?: Networks | undefined
  /** Whether EXPN tells where aliases lead; never on role mx. */
  readonly expn?: boolean
  /** Mail that waits here for others, which they ask for by ETRN; absent: there is none, and the command is unknown. */
  readonly requests?: MailRequests | undefined
  /** Seconds that a submitted message may be let wait (RFC 4865); default 0: it is not offered. */
  readonly maxHold?: number
  /** Whether an account may let so many octets more wait (RFC 4865 section 6); default: always. */
  readonly hasRoomToHold?: (account: AccountId, octets: number) => Promise<boolean>
  /** Those left out have DEFAULT_LIMITS. */
  readonly limits?: Partial<SmtpLimits>
}

/** SMTP for connections in clear and behind implicit TLS alike. */
export function createSmtpService(options: SmtpServiceOptions): Service {
  return new SmtpService(options)
}

const REFUSAL = {
  'too-many': 'too-many-connections',
  'too-often': 'connecting-too-often',
  'not-a-client': 'not-for-you',
} as const satisfies Record<Refusal, FixedReply>

/** What is left for a 421 to arrive after the time for an orderly end is over. */
const LAST_WORDS_MS = 100

class SmtpService implements Service {
  readonly #library = new LibraryServer()
  readonly #connections = new Set<Connection>()
  readonly #context: SmtpContext
  #draining = false
  #empty: (() => void) | undefined

  constructor(options: SmtpServiceOptions) {
    const draining = (): boolean => this.#draining
    this.#context = {
      ...options,
      limits: { ...DEFAULT_LIMITS, ...options.limits },
      get draining() {
        return draining()
      },
    }
  }

  accept(socket: Socket, info: ConnectionInfo): void {
    const { hostName, clock, wire, role, limits } = this.#context
    const log = this.#context.log.child({ session: info.id })
    log.info('connected', { role, remoteAddress: info.remoteAddress, port: info.localPort, secure: info.secure })
    if (this.#draining) return refuse(socket, hostName, 'shutting-down')
    const connection = new Connection(this.#library, socket, {
      info,
      greeting: greetingOf(this.#context),
      nameFirst: nameFirst(role),
      idleMs: limits.idle,
      clock,
      log,
      tap: wire?.open('smtp', info),
    })
    this.#connections.add(connection)
    socket.once('close', () => this.#gone(connection))
    connection.start(new Dispatcher(new Session(this.#context, info, connection, connection.tlsFacts(), log)))
  }

  /** Mail servers of our own come as often as they like. */
  admit(info: ConnectionInfo): Refusal | undefined {
    return mayConnect(this.#context, info) ? undefined : 'too-often'
  }

  refuse(socket: Socket, _info: ConnectionInfo, reason: Refusal): void {
    refuse(socket, this.#context.hostName, REFUSAL[reason])
  }

  async drain(ms: number): Promise<void> {
    this.#draining = true
    for (const connection of this.#connections) if (connection.idle) connection.reply(say('shutting-down'))
    const empty = Promise.withResolvers<void>()
    this.#empty = empty.resolve
    const { clock } = this.#context
    const lastWords = clock.after(Math.max(0, ms - LAST_WORDS_MS), () => {
      for (const connection of this.#connections) connection.reply(say('shutting-down'))
    })
    const cut = clock.after(ms, () => {
      for (const connection of this.#connections) connection.destroy()
    })
    if (this.#connections.size > 0) await empty.promise
    lastWords.cancel()
    cut.cancel()
  }

  #gone(connection: Connection): void {
    this.#connections.delete(connection)
    if (this.#connections.size === 0) this.#empty?.()
  }
}

/** The greeting of a server that takes no mail now, RFC 5321 section 3.1. */
function refuse(socket: Socket, hostName: string, why: 'shutting-down' | (typeof REFUSAL)[Refusal]): void {
  const { code, lines } = say(why)
  socket.end(formatReply(code, undefined, [`${hostName} ${lines.join(' ')}`]))
}
