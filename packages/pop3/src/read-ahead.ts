import type { MailboxId, MailStore, MessageRow, Uid } from '@mailstead/store'
import { BODY_INLINE, MESSAGES_AHEAD, READ_AHEAD } from './limits.ts'

/** What is asked of the maildrop. */
interface Numbers {
  readonly last: number
  state(number: number): 'there' | 'marked' | undefined
  uid(number: number): Uid
  size(number: number): number
}

/**
 * Reads messages. Nearly every client fetches one after the other: from the second in a row on, some are read in one
 * call of the store and kept for a moment.
 */
export class ReadAhead {
  readonly #store: MailStore
  readonly #mailbox: MailboxId
  readonly #numbers: Numbers
  readonly #kept = new Map<number, MessageRow>()
  #previous = -1

  constructor(store: MailStore, mailbox: MailboxId, numbers: Numbers) {
    this.#store = store
    this.#mailbox = mailbox
    this.#numbers = numbers
  }

  /** `undefined`: the store has it no more. */
  async read(number: number): Promise<MessageRow | undefined> {
    const inRow = number === this.#previous + 1
    this.#previous = number
    const kept = this.#kept.get(number)
    if (kept !== undefined) {
      this.#kept.delete(number)
      return kept
    }
    this.#kept.clear()
    const wanted = inRow ? this.#window(number) : [number]
    const rows = await this.#store.fetch(
      this.#mailbox,
      wanted.map((other) => this.#numbers.uid(other)),
      { bodyUpTo: BODY_INLINE },
    )
    const byUid = new Map(rows.map((row) => [row.uid, row]))
    for (const other of wanted.slice(1)) {
      const row = byUid.get(this.#numbers.uid(other))
      if (row !== undefined) this.#kept.set(other, row)
    }
    return byUid.get(this.#numbers.uid(number))
  }

  #window(from: number): number[] {
    const wanted = [from]
    let octets = this.#numbers.size(from)
    for (let number = from + 1; number <= this.#numbers.last && wanted.length < MESSAGES_AHEAD; number++) {
      octets += this.#numbers.size(number)
      if (octets > READ_AHEAD) break
      if (this.#numbers.state(number) === 'there') wanted.push(number)
    }
    return wanted
  }
}
