import type { Timer } from '@mailstead/base'
import { reduceOutcomes, type Acceptance, type Reception, type Transaction } from '@mailstead/delivery'
import { DotUnstuffer, type MessageDefect } from '@mailstead/wire'
import type { OctetSink, Wire } from './adapter/wire.ts'
import type { SmtpContext } from './context.ts'
import { IncomingMessage } from './incoming-message.ts'
import { SWALLOW_FACTOR } from './limits.ts'
import { defectReply, deliveryReply, flood, reply, say, type SmtpReply, tooBig } from './replies.ts'

export interface IncomingOptions {
  readonly context: SmtpContext
  readonly log: SmtpContext['log']
  readonly wire: Pick<Wire, 'reply'>
  readonly delivery: Transaction
}

/** The message of a transaction while it comes, by DATA or in chunks. Ends with `conclude` or `giveUp`. */
export class Incoming {
  readonly message: IncomingMessage
  readonly #log: IncomingOptions['log']
  readonly #maxSize: number
  readonly #reception: Reception
  readonly #timer: Timer
  #whole = false

  constructor({ context, log, wire, delivery }: IncomingOptions) {
    const { limits, clock, role, blobs } = context
    const { messageSize } = limits
    this.#log = log
    this.#maxSize = messageSize
    this.#reception = delivery.receive(blobs.stage())
    this.message = new IncomingMessage(this.#reception, {
      normalise: role === 'submission',
      maxLine: limits.messageLine,
      maxSize: messageSize,
      maxSwallowed: messageSize * SWALLOW_FACTOR,
      onFlood: () => wire.reply(flood(messageSize)),
    })
    this.#timer = clock.after(limits.messageTime, () => wire.reply(say('too-slow')))
  }

  /** Why the message cannot be kept, if that is known already. Throws what the store said. */
  problem(defect: MessageDefect | undefined): SmtpReply | undefined {
    if (defect !== undefined) return defectReply(defect)
    if (this.message.tooBig) return tooBig(this.#maxSize)
    if (this.message.failure !== undefined) throw this.message.failure
    return undefined
  }

  /** The message is whole: it is kept even when the client does not wait for the answer, which follows the commit. */
  async conclude(defect: MessageDefect | undefined): Promise<SmtpReply> {
    this.#whole = true
    this.#timer.cancel()
    try {
      return this.problem(defect) ?? answer(await this.#reception.accept())
    } finally {
      await this.#reception.abort()
    }
  }

  /** Gives back what was kept of a message that is not whole; harmless afterwards. */
  giveUp(): void {
    if (this.#whole) return
    this.#whole = true
    this.#timer.cancel()
    this.#log.info('message given up', { queueId: this.#reception.queueId, octets: this.message.size })
    void this.#reception.abort()
  }
}

/** A message in chunks: what comes is no dot-stuffed text, but its lines are held to the same rules (RFC 3030 section 2). */
export class Chunks implements OctetSink {
  readonly incoming: Incoming
  readonly #filter: DotUnstuffer

  constructor(incoming: Incoming) {
    this.incoming = incoming
    this.#filter = new DotUnstuffer({ stuffed: false, normalise: incoming.message.normalise, maxLine: incoming.message.maxLine })
  }

  async write(octets: Uint8Array): Promise<void> {
    const pieces: Uint8Array[] = []
    this.#filter.push(octets, (piece) => pieces.push(piece))
    for (const piece of pieces) await this.incoming.message.write(piece)
  }

  get problem(): SmtpReply | undefined {
    return this.incoming.problem(this.#filter.defect)
  }

  async conclude(): Promise<SmtpReply> {
    const pieces: Uint8Array[] = []
    this.#filter.end((piece) => pieces.push(piece))
    for (const piece of pieces) await this.incoming.message.write(piece)
    return this.incoming.conclude(this.#filter.defect)
  }
}

function answer({ queueId, outcomes }: Acceptance): SmtpReply {
  const failure = reduceOutcomes(outcomes)
  return failure === undefined ? reply(250, '2.0.0', `Queued as ${queueId}`) : deliveryReply(failure)
}
