import { createHmac, createSecretKey, randomBytes } from 'node:crypto'
import type { AccountId } from '@mailstead/store'
import type { Clock, EpochMs } from '@mailstead/base'
import { MAX_SUCCESSES, SUCCESS_LIFE } from './limits.ts'

/**
 * Passwords lately found right, as HMACs under a key of this process. The verifier is part of what is hashed, so a
 * new password makes the old entries worthless even before they are dropped.
 */
export class Successes {
  readonly #clock: Clock
  /** As a key object: of octets Node finds by an error each time that they are none. */
  readonly #key = createSecretKey(randomBytes(32))
  /** Oldest first. */
  readonly #entries = new Map<string, { readonly account: AccountId; readonly expires: EpochMs }>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** What one attempt is known by: the same name, verifier and password give the same digest. */
  digest(name: string, verifier: string, password: string): string {
    return createHmac('sha256', this.#key)
      .update(JSON.stringify([name, verifier, password]))
      .digest('base64')
  }

  has(digest: string): boolean {
    const entry = this.#entries.get(digest)
    if (entry === undefined) return false
    if (entry.expires > this.#clock.now()) return true
    this.#entries.delete(digest)
    return false
  }

  add(digest: string, account: AccountId): void {
    this.#entries.delete(digest)
    this.#entries.set(digest, { account, expires: this.#clock.now() + SUCCESS_LIFE })
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= MAX_SUCCESSES) break
      this.#entries.delete(oldest)
    }
  }

  /** Disabled, removed, or given another password. */
  drop(account: AccountId): void {
    for (const [digest, entry] of this.#entries) if (entry.account === account) this.#entries.delete(digest)
  }

  get size(): number {
    return this.#entries.size
  }
}
