import { FIRST_CONNECTIONS, MAX_DESTINATION_CONNECTIONS } from '../limits.ts'

/** How many connections a destination gets: more as it takes mail, half when it has enough of us. */
export class Concurrency {
  #limit: number
  readonly #most: number

  constructor(most: number = MAX_DESTINATION_CONNECTIONS, first: number = FIRST_CONNECTIONS) {
    this.#most = most
    this.#limit = Math.min(first, most)
  }

  get limit(): number {
    return Math.floor(this.#limit)
  }

  /** One more when each connection has carried a message. */
  succeeded(): void {
    this.#limit = Math.min(this.#most, this.#limit + 1 / this.limit)
  }

  /** A connection was refused or lost while others are up: those are enough. */
  refused(open: number): void {
    this.#limit = Math.max(1, Math.min(this.#limit / 2, open))
  }
}
