import { MessageStuffer, formatMail, formatRcpt, type Capabilities, type PeerReply } from '@mailstead/wire'
import { DATA_TIME, FINAL_TIME, MAIL_TIME, RCPT_TIME, READ_SIZE } from '../limits.ts'
import { rcptLine, type Adapted } from './adapt.ts'
import type { Channel } from './channel.ts'
import { PeerLost, type Step } from './errors.ts'
import type { Letter, RecipientResult } from './letter.ts'

export interface TransactionContext {
  readonly channel: Channel
  readonly capabilities: Capabilities
  readonly lmtp: boolean
}

/** RFC 5321 section 4.5.3.1.10: too many recipients; what was taken so far is sent, the rest in another transaction. */
const TOO_MANY = new Set([452, 552])

/**
 * One message over a connection on which nothing is under way. An outcome for each recipient of the letter, in its order. `broken`: the
 * dialogue is where it cannot go on, or over.
 */
export class Transaction {
  readonly #channel: Channel
  readonly #capabilities: Capabilities
  readonly #lmtp: boolean
  readonly #letter: Letter
  readonly #adapted: Adapted
  readonly #results: (RecipientResult | undefined)[]
  #taken: number[] = []
  /** All of the message has been given to the connection. */
  #complete = false
  #broken = false

  constructor({ channel, capabilities, lmtp }: TransactionContext, letter: Letter, adapted: Adapted) {
    this.#channel = channel
    this.#capabilities = capabilities
    this.#lmtp = lmtp
    this.#letter = letter
    this.#adapted = adapted
    this.#results = letter.recipients.map(() => undefined)
    const most = capabilities.rcptMax ?? Number.POSITIVE_INFINITY
    for (let at = most; at < this.#results.length; at++) this.#results[at] = { kind: 'again' }
  }

  get broken(): boolean {
    return this.#broken
  }

  /** Never rejects: a lost connection is an outcome too. */
  async run(): Promise<readonly RecipientResult[]> {
    try {
      if (await this.#envelope()) await this.#content()
    } catch (error) {
      this.#broken = true
      this.#settleLost(error)
    }
    return this.#results.map((result) => result ?? { kind: 'again' })
  }

  get #open(): number[] {
    return this.#results.flatMap((result, at) => (result === undefined ? [at] : []))
  }

  /** MAIL and RCPT, and DATA with them where commands may go together (RFC 2920). True: the message is next. */
  async #envelope(): Promise<boolean> {
    const { pipelining } = this.#capabilities
    const open = this.#open
    const withData = pipelining && !this.#adapted.chunked
    this.#channel.send(formatMail(this.#adapted.mail))
    if (pipelining) for (const at of open) this.#rcpt(at)
    if (withData) this.#channel.send('DATA\r\n')
    const mail = await this.#answer('mail', MAIL_TIME)
    const welcome = isPositive(mail)
    for (const at of open) {
      if (!pipelining && !welcome) break
      if (!pipelining) this.#rcpt(at)
      const reply = await this.#answer('rcpt', RCPT_TIME)
      if (welcome) this.#take(at, reply)
    }
    if (!welcome) this.#settle('mail', mail)
    if (!withData && this.#taken.length === 0) return false
    if (this.#adapted.chunked) return true
    if (!withData) this.#channel.send('DATA\r\n')
    return this.#go(await this.#channel.reply('data', DATA_TIME))
  }

  #rcpt(at: number): void {
    const recipient = this.#letter.recipients[at]
    const smtpUtf8 = this.#adapted.mail.smtpUtf8 === true
    if (recipient !== undefined) this.#channel.send(formatRcpt(rcptLine(recipient, this.#letter, this.#capabilities, smtpUtf8)))
  }

  #take(at: number, reply: PeerReply): void {
    if (isPositive(reply)) this.#taken.push(at)
    else if (TOO_MANY.has(reply.code) && this.#taken.length > 0) this.#results[at] = { kind: 'again' }
    else this.#results[at] = { kind: 'refused', step: 'rcpt', reply }
  }

  /** The answer to DATA. RFC 2920 section 3.1: a server may say 354 with no recipient taken, and gets an empty message. */
  async #go(reply: PeerReply): Promise<boolean> {
    if (reply.code === 354 && this.#taken.length > 0) return true
    if (reply.code === 354) {
      this.#channel.send('.\r\n')
      await this.#channel.reply('end', FINAL_TIME)
    } else if (reply.code < 400) throw new PeerLost('not-smtp', 'data', `${reply.code} to DATA`)
    else this.#settle('data', reply)
    return false
  }

  async #content(): Promise<void> {
    await (this.#adapted.chunked ? this.#chunk() : this.#data())
    this.#complete = true
    for (const at of this.#lmtp ? this.#taken : [undefined]) {
      const reply = await this.#channel.reply('end', FINAL_TIME)
      if (reply.code >= 300 && reply.code < 400) throw new PeerLost('not-smtp', 'end', `${reply.code} to a message`)
      this.#settle('end', reply, at)
    }
  }

  /** One chunk, since the length is known. RFC 3030 section 2: its octets follow the command at once. */
  async #chunk(): Promise<void> {
    this.#channel.send(`BDAT ${this.#adapted.message.size} LAST\r\n`)
    await this.#each(async (octets, last) => {
      this.#complete = last
      await this.#channel.write(octets, 'body')
    })
  }

  async #data(): Promise<void> {
    const stuffer = new MessageStuffer()
    await this.#each((octets) => this.#channel.write(stuffer.push(octets), 'body'))
    // From here on nobody knows whether the peer has it.
    this.#complete = true
    await this.#channel.write(stuffer.end(), 'body')
  }

  async #each(send: (octets: Uint8Array, last: boolean) => Promise<void>): Promise<void> {
    const { size } = this.#adapted.message
    for (let offset = 0; offset < size;) {
      const octets = await this.#read(offset)
      offset += octets.length
      await send(octets, offset === size)
    }
  }

  /** A message that cannot be read whole must not end: the connection is cut. */
  async #read(offset: number): Promise<Uint8Array> {
    try {
      const octets = await this.#adapted.message.read(offset, READ_SIZE)
      if (octets.length > 0) return octets
    } catch (error) {
      throw new PeerLost('local', 'body', 'The message could not be read', { cause: error })
    }
    throw new PeerLost('local', 'body', 'The message is shorter than it should be')
  }

  /** A reply to MAIL or RCPT. A 421 is the last one (RFC 5321 section 3.8). */
  async #answer(step: Step, ms: number): Promise<PeerReply> {
    const reply = await this.#channel.reply(step, ms)
    if (reply.code >= 300 && reply.code < 400) throw new PeerLost('not-smtp', step, `${reply.code} to ${step.toUpperCase()}`)
    if (reply.code === 421) throw new Farewell(step, reply)
    return reply
  }

  /** For one recipient, or for all that have no outcome. */
  #settle(step: Step, reply: PeerReply, only?: number): void {
    if (reply.code === 421) this.#broken = true
    const result: RecipientResult = isPositive(reply) ? { kind: 'accepted', reply } : { kind: 'refused', step, reply }
    for (const at of only === undefined ? this.#open : [only]) this.#results[at] = result
  }

  #settleLost(error: unknown): void {
    if (error instanceof Farewell) return this.#settle(error.step, error.reply)
    // A peer that has enough of a message says so and hangs up, and its words are there before we notice.
    const last = this.#complete || (error instanceof PeerLost && error.step === 'body') ? this.#channel.said() : undefined
    if (last !== undefined && (last.code >= 400 || (this.#complete && !this.#lmtp && isPositive(last)))) return this.#settle('end', last)
    const lost = error instanceof PeerLost ? error : new PeerLost('local', 'body', String(error), { cause: error })
    this.#channel.destroy(lost.reason, lost.message)
    const { reason, message: text } = lost
    const step = this.#complete ? 'end' : lost.step
    for (const at of this.#open) this.#results[at] = { kind: 'lost', step, reason, perhapsSent: this.#complete, text }
  }
}

const isPositive = ({ code }: PeerReply): boolean => code >= 200 && code < 300

/** 421 in the middle: the peer closes the connection, and what follows would not be answered. */
class Farewell extends Error {
  readonly step: Step
  readonly reply: PeerReply

  constructor(step: Step, reply: PeerReply) {
    super(`${reply.code}`)
    this.step = step
    this.reply = reply
  }
}
