import type { Account, AccountId } from '@mailstead/store'
import type { Reservation } from './accounts.ts'

/** Octets and messages. */
interface Room {
  readonly octets: number
  readonly messages: number
}

const NONE: Room = { octets: 0, messages: 0 }

/** What was admitted at RCPT and is not yet stored, by account: two messages at once do not both get the last room. */
export class Reservations {
  readonly #held = new Map<AccountId, Room>()
  /** What was given back since the start, by account. */
  readonly #givenBack = new Map<AccountId, Room>()

  /** Noted before an account is read: what is given back from here on may be missing from its row. */
  givenBack(account: AccountId): Room {
    return this.#givenBack.get(account) ?? NONE
  }

  /** `givenBack`: as noted before `account` was read. */
  reserve(account: Account, size: number, givenBack: Room): Reservation | undefined {
    const held = this.#held.get(account.id) ?? NONE
    const since = this.givenBack(account.id)
    const octets = account.usedOctets + held.octets + since.octets - givenBack.octets + size
    const messages = account.usedMessages + held.messages + since.messages - givenBack.messages + 1
    if (octets > (account.quota ?? Infinity) || messages > (account.messageQuota ?? Infinity)) return undefined
    this.#held.set(account.id, { octets: held.octets + size, messages: held.messages + 1 })
    let released = false
    return {
      release: () => {
        if (!released) this.#giveBack(account.id, size)
        released = true
      },
    }
  }

  #giveBack(account: AccountId, size: number): void {
    const before = this.givenBack(account)
    this.#givenBack.set(account, { octets: before.octets + size, messages: before.messages + 1 })
    const { octets, messages } = this.#held.get(account) ?? NONE
    if (messages > 1) this.#held.set(account, { octets: octets - size, messages: messages - 1 })
    else this.#held.delete(account)
  }
}
