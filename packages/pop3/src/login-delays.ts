import type { Clock } from '@mailstead/base'
import type { Identity } from '@mailstead/sasl'
import { Pop3Refusal } from './errors.ts'

/**
 * How soon after a login the next one is taken (RFC 2449 section 6.5). Told only behind the right password, so that nobody learns
 * who exists. Forgotten at a restart.
 */
export class LoginDelays {
  readonly #seconds: number
  readonly #exempt: ReadonlySet<string>
  readonly #clock: Clock
  /** Times of logins, the oldest first. */
  readonly #last = new Map<number, number>()

  /** `seconds` 0: there is no delay. `exempt`: addresses in lower case that may log in whenever they like. */
  constructor(seconds: number, exempt: ReadonlySet<string>, clock: Clock) {
    this.#seconds = seconds
    this.#exempt = exempt
    this.#clock = clock
  }

  /** CAPA's arguments; `undefined`: not announced. Of strangers the longest delay that there is. */
  announce(identity: Identity | undefined): string | undefined {
    if (this.#seconds === 0) return undefined
    if (identity !== undefined) return `${this.#of(identity)}`
    return this.#exempt.size === 0 ? `${this.#seconds}` : `${this.#seconds} USER`
  }

  /** Throws `Pop3Refusal` when the last login was too short ago. */
  check(identity: Identity): void {
    const last = this.#last.get(identity.account)
    if (last === undefined) return
    const left = last + this.#of(identity) * 1000 - this.#clock.now()
    if (left > 0) throw new Pop3Refusal((texts) => texts.loginTooSoon(Math.ceil(left / 1000)), 'LOGIN-DELAY')
  }

  /** From now on the next login is waited for. */
  begin({ account }: Identity): void {
    if (this.#seconds === 0) return
    const now = this.#clock.now()
    for (const [other, time] of this.#last) {
      if (time + this.#seconds * 1000 > now) break
      this.#last.delete(other)
    }
    this.#last.delete(account)
    this.#last.set(account, now)
  }

  #of({ address }: Identity): number {
    return this.#exempt.has(address.toLowerCase()) ? 0 : this.#seconds
  }
}
