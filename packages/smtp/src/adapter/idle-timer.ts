import type { Clock, EpochMs, Timer } from '@mailstead/base'

/** Fires when nothing was heard for `ms`. Hearing is a number written; the timer looks at it when it goes off. */
export class IdleTimer {
  readonly #clock: Clock
  readonly #ms: number
  readonly #fire: () => void
  #heard: EpochMs
  #timer: Timer | undefined

  constructor(clock: Clock, ms: number, fire: () => void) {
    this.#clock = clock
    this.#ms = ms
    this.#fire = fire
    this.#heard = clock.now()
  }

  heard(): void {
    this.#heard = this.#clock.now()
  }

  start(): void {
    this.#timer?.cancel()
    this.#set(this.#ms)
  }

  stop(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }

  #set(ms: number): void {
    this.#timer = this.#clock.after(ms, () => {
      const left = this.#heard + this.#ms - this.#clock.now()
      if (left > 0) return this.#set(left)
      this.heard()
      this.#set(this.#ms)
      this.#fire()
    })
  }
}
