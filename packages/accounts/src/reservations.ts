import type { Account, AccountId } from '@mailstead/store'
import type { Reservation } from './accounts.ts'

/** Octets admitted at RCPT and not yet stored, by account: two messages at once do not both get the last room. */
export class Reservations {
  readonly #octets = new Map<AccountId, number>()

  /** In one tick with the reading of `account`, so that nobody comes between. */
  reserve(account: Account, size: number): Reservation | undefined {
    const reserved = this.#octets.get(account.id) ?? 0
    if (account.quota !== undefined && account.usedOctets + reserved + size > account.quota) return undefined
    this.#octets.set(account.id, reserved + size)
    let held = size
    return {
      release: () => {
        const left = (this.#octets.get(account.id) ?? 0) - held
        held = 0
        if (left > 0) this.#octets.set(account.id, left)
        else this.#octets.delete(account.id)
      },
    }
  }
}
