export class QueueFullError extends Error {
  override name = 'QueueFullError'
}

/** At most `slots` tasks at once; at most `queued` more wait their turn, in order. */
export class Semaphore {
  readonly #slots: number
  readonly #queued: number
  #running = 0
  readonly #waiting: (() => void)[] = []

  constructor(slots: number, queued: number = Number.POSITIVE_INFINITY) {
    this.#slots = slots
    this.#queued = queued
  }

  /** Throws `QueueFullError` at once when the queue is full. */
  async run<T>(task: () => Promise<T>): Promise<T> {
    if (this.#running >= this.#slots) {
      if (this.#waiting.length >= this.#queued) throw new QueueFullError('too many waiting')
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    } else {
      this.#running++
    }
    try {
      return await task()
    } finally {
      const next = this.#waiting.shift()
      if (next === undefined) this.#running--
      else next()
    }
  }
}
