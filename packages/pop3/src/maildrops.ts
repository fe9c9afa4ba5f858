import type { Clock } from '@mailstead/base'
import type { AccountId, MailStores } from '@mailstead/store'
import { Pop3Refusal } from './errors.ts'
import { Maildrop } from './maildrop.ts'
import { AheadRoom } from './read-ahead.ts'

/** The maildrops of this server, each open in one session at most (RFC 1939 section 4). */
export class Maildrops {
  readonly #stores: MailStores
  readonly #clock: Clock
  readonly #locked = new Set<AccountId>()
  readonly #room = new AheadRoom()

  constructor(stores: MailStores, clock: Clock) {
    this.#stores = stores
    this.#clock = clock
  }

  /** Locks the maildrop and looks at what is in it. Throws `Pop3Refusal` when another session has it, or `StoreError`. */
  async open(account: AccountId): Promise<Maildrop> {
    if (this.#locked.has(account)) throw new Pop3Refusal((texts) => texts.inUse, 'IN-USE')
    this.#locked.add(account)
    const release = (): void => void this.#locked.delete(account)
    try {
      return await Maildrop.open(this.#stores.for(account), { room: this.#room, clock: this.#clock, release })
    } catch (error) {
      release()
      throw error
    }
  }
}
