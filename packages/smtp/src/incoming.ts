import type { Timer } from '@mailstead/base'
import { reduceOutcomes, type Acceptance, type RecipientOutcome, type Reception, type Transaction } from '@mailstead/delivery'
import { DotUnstuffer, type MessageDefect } from '@mailstead/wire'
import type { OctetSink, Wire } from './adapter/wire.ts'
import type { SmtpContext } from './context.ts'
import { IncomingMessage } from './incoming-message.ts'
import { SWALLOW_FACTOR } from './limits.ts'
import { defectReply, deliveryReply, flood, reply, say, type SmtpReply, tooBig, toReply } from './replies.ts'

export interface IncomingOptions {
  readonly context: SmtpContext
  readonly log: SmtpContext['log']
  readonly wire: Pick<Wire, 'reply'>
  readonly delivery: Transaction
  /** Bare CR, bare LF and NUL are put right instead of being defects. */
  readonly normalise: boolean
}

/** The message of a transaction while it comes, by DATA or in chunks. Ends with `conclude` or `giveUp`. */
export class Incoming {
  readonly message: IncomingMessage
  readonly #log: IncomingOptions['log']
  readonly #maxSize: number
  readonly #reception: Reception
  /** Looks now and then whether enough came, and whether the time is over. */
  #pulse: Timer
  readonly #perRecipient: boolean
  readonly #recipients: number
  #whole = false

  constructor({ context, log, wire, delivery, normalise }: IncomingOptions) {
    const { limits, clock, role, blobs } = context
    const { messageSize } = limits
    this.#log = log
    this.#maxSize = messageSize
    this.#perRecipient = role === 'lmtp'
    this.#recipients = delivery.recipients
    this.#reception = delivery.receive(() => blobs.stage())
    this.message = new IncomingMessage(this.#reception, {
      normalise,
      maxLine: limits.messageLine,
      maxSize: messageSize,
      maxSwallowed: messageSize * SWALLOW_FACTOR,
      onFlood: () => wire.reply(flood(messageSize)),
    })
    const tooSlow = (): void => wire.reply(say('too-slow'))
    const end = clock.now() + limits.messageTime
    const least = (limits.slowest * limits.idle) / 1000
    const look = (before: number): Timer =>
      clock.after(Math.min(limits.idle, end - clock.now()), () => {
        if (clock.now() >= end || this.message.size - before < least) tooSlow()
        else this.#pulse = look(this.message.size)
      })
    this.#pulse = look(0)
  }

  /** Why the message cannot be kept, if that is known already. */
  problem(defect: MessageDefect | undefined): SmtpReply | undefined {
    if (defect !== undefined) return defectReply(defect)
    if (this.message.tooBig) return tooBig(this.#maxSize)
    const { failure } = this.message
    if (failure === undefined) return undefined
    const { reply: answer, bug } = toReply(failure)
    if (bug) this.#log.error('message was not kept', { err: failure })
    return answer
  }

  /** The message is whole: it is kept even when the client does not wait for the replies, which follow the commit. */
  async conclude(defect: MessageDefect | undefined): Promise<readonly SmtpReply[]> {
    this.#whole = true
    this.#pulse.cancel()
    try {
      const problem = this.problem(defect)
      if (problem !== undefined) return this.refuse(problem)
      const acceptance = await this.#reception.accept()
      return this.#perRecipient ? acceptance.outcomes.map((outcome) => outcomeReply(acceptance.queueId, outcome)) : [reduced(acceptance)]
    } finally {
      await this.#reception.abort()
    }
  }

  /** The reply, as often as a message's end is answered. */
  refuse(answer: SmtpReply): readonly SmtpReply[] {
    return this.#perRecipient ? Array.from({ length: this.#recipients }, () => answer) : [answer]
  }

  /** Gives back what was kept of a message that is not whole; harmless afterwards. */
  giveUp(): void {
    if (this.#whole) return
    this.#whole = true
    this.#pulse.cancel()
    this.#log.info('message given up', { queueId: this.#reception.queueId, octets: this.message.size })
    void this.#reception.abort()
  }
}

/** A message in chunks: what comes is no dot-stuffed text, but its lines are held to the same rules (RFC 3030 section 2). */
export class Chunks implements OctetSink {
  readonly incoming: Incoming
  /** None for a binary message: delivery looks where its octets stand. */
  readonly #filter: DotUnstuffer | undefined

  constructor(incoming: Incoming, binary: boolean) {
    this.incoming = incoming
    const { normalise, maxLine } = incoming.message
    this.#filter = binary ? undefined : new DotUnstuffer({ stuffed: false, normalise, maxLine })
  }

  async write(octets: Uint8Array): Promise<void> {
    if (this.#filter === undefined) return this.incoming.message.write(octets)
    const pieces: Uint8Array[] = []
    this.#filter.push(octets, (piece) => pieces.push(piece))
    for (const piece of pieces) await this.incoming.message.write(piece)
  }

  get problem(): SmtpReply | undefined {
    return this.incoming.problem(this.#filter?.defect)
  }

  async conclude(): Promise<readonly SmtpReply[]> {
    const pieces: Uint8Array[] = []
    this.#filter?.end((piece) => pieces.push(piece))
    for (const piece of pieces) await this.incoming.message.write(piece)
    return this.incoming.conclude(this.#filter?.defect)
  }
}

function reduced({ queueId, outcomes }: Acceptance): SmtpReply {
  const failure = reduceOutcomes(outcomes)
  return failure === undefined ? queued(queueId) : deliveryReply(failure)
}

/** RFC 2033 section 4.2: whom it is about. */
function outcomeReply(queueId: string, { address, failure }: RecipientOutcome): SmtpReply {
  const answer = failure === undefined ? queued(queueId) : deliveryReply(failure)
  return { ...answer, lines: answer.lines.map((line) => `<${address}> ${line}`) }
}

const queued = (queueId: string): SmtpReply => reply(250, '2.0.0', `Queued as ${queueId}`)
