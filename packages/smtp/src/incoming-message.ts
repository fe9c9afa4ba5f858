import type { Reception } from '@mailstead/delivery'
import type { MessageSink } from './adapter/wire.ts'

export interface IncomingMessageOptions {
  readonly normalise: boolean
  readonly maxLine: number
  readonly maxSize: number
  /** Octets read of a message that is too big; then `onFlood` is called, once. */
  readonly maxSwallowed: number
  readonly onFlood: () => void
}

/** Counts a message's octets on their way to the reception, and lets them fall once it cannot be kept. */
export class IncomingMessage implements MessageSink {
  readonly normalise: boolean
  readonly maxLine: number
  readonly #reception: Reception
  readonly #options: IncomingMessageOptions
  #size = 0
  #failure: unknown

  constructor(reception: Reception, options: IncomingMessageOptions) {
    this.normalise = options.normalise
    this.maxLine = options.maxLine
    this.#reception = reception
    this.#options = options
  }

  get size(): number {
    return this.#size
  }

  get tooBig(): boolean {
    return this.#size > this.#options.maxSize
  }

  /** What the store said when it could not keep a piece. */
  get failure(): unknown {
    return this.#failure
  }

  write(piece: Uint8Array): Promise<void> | undefined {
    const before = this.#size
    this.#size += piece.length
    if (this.tooBig) return this.#swallow(before)
    return this.#failure === undefined ? this.#keep(piece) : undefined
  }

  /** Waits only where the reception does: most pieces are kept at once. */
  #keep(piece: Uint8Array): Promise<void> | undefined {
    const failed = (error: unknown): void => void (this.#failure = error)
    try {
      return this.#reception.write(piece)?.catch(failed)
    } catch (error) {
      failed(error)
      return undefined
    }
  }

  #swallow(before: number): Promise<void> | undefined {
    const { maxSize, maxSwallowed, onFlood } = this.#options
    if (before <= maxSwallowed && this.#size > maxSwallowed) onFlood()
    return before <= maxSize ? this.#reception.abort() : undefined
  }
}
