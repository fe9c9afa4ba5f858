import type { AccountId } from '@mailstead/store'
import type { Clock, EpochMs, Timer } from '@mailstead/base'
import { LOGINS_GATHERED, LOGINS_MS } from '../limits.ts'

/** The last login of an account by one of its credentials. */
export interface NotedLogin {
  readonly account: AccountId
  readonly credential: number
  readonly at: EpochMs
}

/**
 * Times of logins, gathered for some seconds and written together: programs that look for mail log in again and again, and each
 * time would wake the writer. A time of login is no mail; a crash may lose those of the last seconds.
 */
export class Logins {
  readonly #clock: Clock
  readonly #write: (logins: readonly NotedLogin[]) => void
  #latest = new Map<string, NotedLogin>()
  #timer: Timer | undefined

  constructor(clock: Clock, write: (logins: readonly NotedLogin[]) => void) {
    this.#clock = clock
    this.#write = write
  }

  note(login: NotedLogin): void {
    this.#latest.set(`${login.account} ${login.credential}`, login)
    if (this.#latest.size >= LOGINS_GATHERED) this.write()
    else this.#timer ??= this.#clock.after(LOGINS_MS, () => this.write())
  }

  /** Writes what is gathered, without waiting for its time. */
  write(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    if (this.#latest.size === 0) return
    this.#write([...this.#latest.values()])
    this.#latest = new Map()
  }
}
