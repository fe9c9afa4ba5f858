import type { Responder } from './responses.ts'

/** Milliseconds that one command's work may hold the event loop. */
const TURN = 3

/** FLAGS responses, of a microsecond or two each, between two looks at the time. */
export const LINES_A_STEP = 50

/** Keeps work over many messages from holding everybody else up, and ends it when nobody waits for it any more. */
export class Pace {
  readonly #respond: Pick<Responder, 'drain'>
  #since = performance.now()

  constructor(respond: Pick<Responder, 'drain'>) {
    this.#respond = respond
  }

  /** To be awaited every few dozen microseconds of work. Throws `ConnectionLost` when the client is gone. */
  pause(): Promise<void> | undefined {
    if (performance.now() - this.#since >= TURN) return this.#nextTurn()
    return this.#respond.drain()
  }

  async #nextTurn(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve))
    await this.#respond.drain()
    this.#since = performance.now()
  }
}
