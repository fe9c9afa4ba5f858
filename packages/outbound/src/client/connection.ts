import type { Socket } from 'node:net'
import type { Clock } from '@mailstead/base'
import { parseCapabilities, type Capabilities, type PeerReply } from '@mailstead/wire'
import { COMMAND_TIME, GREETING_TIME, QUIT_TIME } from '../limits.ts'
import { isMandatory, type TlsPolicy } from '../tls/policy.ts'
import { adapt } from './adapt.ts'
import { Channel } from './channel.ts'
import { PeerLost, PeerRefused, TlsUnfit, type LossReason, type Step } from './errors.ts'
import { clientHandshake, type TlsFacts } from './handshake.ts'
import type { Letter, RecipientResult } from './letter.ts'
import type { Login } from './credentials.ts'
import { logIn } from './login.ts'
import { Transaction } from './transaction.ts'

export interface ConnectionOptions {
  /** The peer's name, or its address where it has none. */
  readonly host: string
  /** What we call ourselves. */
  readonly heloName: string
  readonly policy: TlsPolicy
  /** TLS from the first octet on (RFC 8314 section 3). */
  readonly implicitTls?: boolean
  /** The socket is encrypted already. */
  readonly tls?: TlsFacts
  readonly lmtp?: boolean
  readonly login?: Login
  readonly authorities?: readonly string[]
  readonly clock: Clock
}

const NOTHING: Capabilities = parseCapabilities({ lines: [] })

/** A peer that has greeted us, and been greeted, encrypted and logged in to as the policy wants. Carries letters one after the other. */
export class SmtpConnection {
  readonly #options: ConnectionOptions
  readonly #channel: Channel
  #capabilities = NOTHING
  #tls: TlsFacts | undefined
  /** Something was said in the last transaction that RSET has to take back. */
  #dirty = false
  #broken = false
  #transactions = 0

  private constructor(socket: Socket, options: ConnectionOptions) {
    this.#options = options
    this.#channel = new Channel(socket, options.clock)
    this.#tls = options.tls
  }

  /** Takes over a socket that is connected and has no reader. Rejects with PeerLost, PeerRefused or TlsUnfit; the connection is then over. */
  static async open(socket: Socket, options: ConnectionOptions, signal?: AbortSignal): Promise<SmtpConnection> {
    const connection = new SmtpConnection(socket, options)
    const stop = (): void => connection.destroy('stopped')
    signal?.addEventListener('abort', stop)
    try {
      if (signal?.aborted === true) stop()
      await connection.#open()
      return connection
    } catch (error) {
      if (error instanceof PeerLost) connection.destroy()
      else await connection.quit()
      throw error
    } finally {
      signal?.removeEventListener('abort', stop)
    }
  }

  get capabilities(): Capabilities {
    return this.#capabilities
  }

  /** `undefined`: in clear. */
  get tls(): TlsFacts | undefined {
    return this.#tls
  }

  /** Another letter may be sent. */
  get reusable(): boolean {
    return !this.#broken && this.#channel.quiet && this.#transactions < (this.#capabilities.mailMax ?? Number.POSITIVE_INFINITY)
  }

  /** An outcome for each recipient, in the letter's order. Never rejects. */
  async send(letter: Letter): Promise<readonly RecipientResult[]> {
    try {
      const offer = {
        capabilities: this.#capabilities,
        encrypted: this.#tls !== undefined,
        authenticated: this.#tls?.authenticated === true,
        now: this.#options.clock.now(),
      }
      const adapted = await adapt(letter, offer)
      if ('status' in adapted) return letter.recipients.map(() => ({ kind: 'unfit', ...adapted }))
      await this.#reset()
      this.#transactions++
      const transaction = new Transaction(
        { channel: this.#channel, capabilities: this.#capabilities, lmtp: this.#options.lmtp === true },
        letter,
        adapted,
      )
      const results = await transaction.run()
      this.#broken ||= transaction.broken
      this.#dirty = !results.some(({ kind }) => kind === 'accepted')
      return results
    } catch (error) {
      this.#broken = true
      const { reason, step, message: text } = error instanceof PeerLost ? error : new PeerLost('local', 'mail', String(error))
      if (error instanceof PeerRefused) return letter.recipients.map(() => ({ kind: 'refused', step: error.step, reply: error.reply }))
      return letter.recipients.map(() => ({ kind: 'lost', step, reason, perhapsSent: false, text }))
    }
  }

  /** Says goodbye and does not wait long for the answer. Never rejects. */
  async quit(): Promise<void> {
    try {
      if (this.#channel.quiet) {
        this.#channel.send('QUIT\r\n')
        await this.#channel.reply('quit', QUIT_TIME)
      }
    } catch {
      // Who has gone already has been said goodbye to.
    }
    this.#channel.destroy()
  }

  /** Who waits for an answer of the peer gets `lost`. */
  destroy(reason: LossReason = 'closed'): void {
    this.#broken = true
    this.#channel.destroy(reason, reason === 'stopped' ? 'The server is shutting down' : 'The connection was given up')
  }

  async #open(): Promise<void> {
    const { policy, implicitTls = false, login } = this.#options
    if (implicitTls) await this.#encrypt()
    const greeting = await this.#channel.reply('greeting', GREETING_TIME)
    if (greeting.code !== 220) throw refusal('greeting', greeting)
    await this.#hello()
    if (!implicitTls && policy.kind !== 'clear') await this.#startTls()
    if (login === undefined) return
    if (this.#tls === undefined) throw new TlsUnfit('starttls-not-supported', 'No login goes over a connection in clear')
    await logIn(this.#channel, this.#capabilities.auth, login)
  }

  /** RFC 5321 section 3.2: HELO for who does not know EHLO. */
  async #hello(): Promise<void> {
    const { heloName, lmtp = false } = this.#options
    const reply = await this.#command(`${lmtp ? 'LHLO' : 'EHLO'} ${heloName}`, 'ehlo')
    if (isPositive(reply)) this.#capabilities = parseCapabilities(reply)
    else {
      this.#capabilities = NOTHING
      // Under TLS the server has already shown that it knows it.
      if (lmtp || this.#tls !== undefined || reply.code < 500) throw refusal('ehlo', reply)
      const second = await this.#command(`HELO ${heloName}`, 'ehlo')
      if (!isPositive(second)) throw refusal('ehlo', second)
    }
  }

  async #startTls(): Promise<void> {
    const mandatory = isMandatory(this.#options.policy)
    if (!this.#capabilities.startTls) {
      if (mandatory) throw new TlsUnfit('starttls-not-supported', 'The server does not offer STARTTLS')
      return
    }
    const reply = await this.#command('STARTTLS', 'starttls')
    if (reply.code === 421) throw refusal('starttls', reply)
    if (reply.code !== 220) {
      if (mandatory) throw new TlsUnfit('starttls-not-supported', `STARTTLS: ${reply.code} ${reply.lines.join(' ')}`)
      return
    }
    await this.#encrypt()
    // RFC 3207 section 4.2: nothing that was said in clear holds.
    await this.#hello()
  }

  async #encrypt(): Promise<void> {
    const { host, policy, clock, authorities } = this.#options
    const raw = this.#channel.give()
    try {
      const { socket, facts } = await clientHandshake(raw, { host, policy, clock, ...(authorities === undefined ? {} : { authorities }) })
      this.#channel.take(socket)
      this.#tls = facts
    } catch (error) {
      this.#channel.destroy()
      throw error
    }
  }

  async #reset(): Promise<void> {
    if (!this.#dirty) return
    const reply = await this.#command('RSET', 'rset')
    if (!isPositive(reply)) throw refusal('rset', reply)
    this.#dirty = false
  }

  #command(text: string, step: Step): Promise<PeerReply> {
    this.#channel.send(`${text}\r\n`)
    return this.#channel.reply(step, COMMAND_TIME)
  }
}

const isPositive = ({ code }: PeerReply): boolean => code >= 200 && code < 300

/** An answer of class 4 or 5 is a refusal; any other that does not fit is no SMTP. */
function refusal(step: Step, reply: PeerReply): Error {
  return reply.code >= 400 ? new PeerRefused(step, reply) : new PeerLost('not-smtp', step, `${reply.code} ${reply.lines.join(' ')}`)
}
