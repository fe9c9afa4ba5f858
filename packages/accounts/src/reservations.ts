import type { Account, AccountId } from '@mailstead/store'
import type { Reservation } from './accounts.ts'

/** Octets admitted at RCPT and not yet stored, by account: two messages at once do not both get the last room. */
export class Reservations {
  readonly #octets = new Map<AccountId, number>()
  /** Octets given back since the start, by account. */
  readonly #givenBack = new Map<AccountId, number>()

  /** Noted before an account is read: what is given back from here on may be missing from its row. */
  givenBack(account: AccountId): number {
    return this.#givenBack.get(account) ?? 0
  }

  /** `givenBack`: as noted before `account` was read. */
  reserve(account: Account, size: number, givenBack: number): Reservation | undefined {
    const held = this.#octets.get(account.id) ?? 0
    const reserved = held + this.givenBack(account.id) - givenBack
    if (account.quota !== undefined && account.usedOctets + reserved + size > account.quota) return undefined
    this.#octets.set(account.id, held + size)
    let released = false
    return {
      release: () => {
        if (!released) this.#giveBack(account.id, size)
        released = true
      },
    }
  }

  #giveBack(account: AccountId, size: number): void {
    this.#givenBack.set(account, this.givenBack(account) + size)
    const left = (this.#octets.get(account) ?? 0) - size
    if (left > 0) this.#octets.set(account, left)
    else this.#octets.delete(account)
  }
}
