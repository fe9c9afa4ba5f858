import type { Clock, EpochMs } from '@mailstead/base'
import { SUSPECT_TIME, SUSPECTS } from './limits.ts'

/** Networks whose hosts were turned down lately. */
export class Suspects {
  readonly #clock: Clock
  readonly #until = new Map<string, EpochMs>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  has(network: string): boolean {
    const until = this.#until.get(network)
    if (until === undefined) return false
    if (until > this.#clock.now()) return true
    this.#until.delete(network)
    return false
  }

  add(network: string): void {
    this.#until.delete(network)
    this.#until.set(network, this.#clock.now() + SUSPECT_TIME)
    if (this.#until.size <= SUSPECTS) return
    const [oldest = network] = this.#until.keys()
    this.#until.delete(oldest)
  }

  clear(network: string): void {
    this.#until.delete(network)
  }
}
