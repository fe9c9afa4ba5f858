import type { AttemptId } from '@mailstead/store'

/**
 * Attempts are named `epoch-number`: the epoch is this process' own, so that the numbers only have to be different in it; they are given out here, where they
 * outlive a writer thread.
 */
export class Attempts {
  readonly #epoch: number
  #next = 1

  constructor(epoch: number) {
    this.#epoch = epoch
  }

  /** The first of so many numbers that nobody else gets. */
  reserve(count: number): number {
    const first = this.#next
    this.#next += count
    return first
  }

  name(number: number): AttemptId {
    return `${this.#epoch}-${number}` as AttemptId
  }

  /** 0, which is nobody's, for attempts of other processes. */
  number(attempt: AttemptId): number {
    const [of, number] = attempt.split('-')
    return Number(of) === this.#epoch ? Number(number) : 0
  }
}
