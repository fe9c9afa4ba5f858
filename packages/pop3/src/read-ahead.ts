import type { Clock, Timer } from '@mailstead/base'
import type { MailboxId, MailStore, MessageRow, Uid } from '@mailstead/store'
import { AHEAD_IN_ALL, AHEAD_KEPT, BODY_INLINE, MESSAGES_AHEAD, READ_AHEAD } from './limits.ts'

/** What is asked of the maildrop. */
interface Numbers {
  readonly last: number
  state(number: number): 'there' | 'marked' | undefined
  uid(number: number): Uid
  size(number: number): number
}

export interface ReadMessage {
  readonly row: MessageRow
  /** Nobody looks at its octets any more. */
  done(): void
}

/** What all sessions together may have read ahead. */
export class AheadRoom {
  #octets = 0

  /** False when there is no room. */
  take(octets: number): boolean {
    if (this.#octets + octets > AHEAD_IN_ALL) return false
    this.#octets += octets
    return true
  }

  give(octets: number): void {
    this.#octets -= octets
  }
}

/**
 * Reads messages. Nearly every client fetches one after the other: from the second in a row on, some are read in one
 * call of the store and kept for a moment.
 */
export class ReadAhead {
  readonly #store: MailStore
  readonly #mailbox: MailboxId
  readonly #numbers: Numbers
  readonly #room: AheadRoom
  readonly #clock: Clock
  readonly #kept = new Map<number, ReadMessage>()
  /** Octets of the room that are taken for what is kept. */
  #taken = 0
  #timer: Timer | undefined
  #previous = -1
  #closed = false

  constructor(store: MailStore, mailbox: MailboxId, numbers: Numbers, room: AheadRoom, clock: Clock) {
    this.#store = store
    this.#mailbox = mailbox
    this.#numbers = numbers
    this.#room = room
    this.#clock = clock
  }

  /** At once what was read ahead. `undefined`: the store has it no more. */
  read(number: number): ReadMessage | Promise<ReadMessage | undefined> {
    const inRow = number === this.#previous + 1
    this.#previous = number
    const kept = this.#kept.get(number)
    if (kept !== undefined) {
      this.#kept.delete(number)
      if (this.#kept.size === 0) this.drop()
      return kept
    }
    this.drop()
    const ahead = inRow ? this.#window(number) : []
    const octets = ahead.reduce((sum, other) => sum + this.#inline(other), 0)
    const wanted = ahead.length > 0 && this.#room.take(octets) ? ahead : []
    if (wanted.length > 0) this.#taken = octets
    return this.#fetch(number, wanted)
  }

  async #fetch(number: number, ahead: readonly number[]): Promise<ReadMessage | undefined> {
    const uids = [number, ...ahead].map((other) => this.#numbers.uid(other))
    const rows = await this.#store.fetch(this.#mailbox, uids, { bodyUpTo: BODY_INLINE }).catch((error: unknown) => {
      this.drop()
      throw error
    })
    let left = rows.length
    const done = (): void => {
      if (--left === 0) this.#store.release(rows)
    }
    const byUid = new Map(rows.map((row) => [row.uid, row]))
    const message = (other: number): ReadMessage | undefined => {
      const row = byUid.get(this.#numbers.uid(other))
      return row === undefined ? undefined : { row, done }
    }
    if (!this.#closed) for (const other of ahead) this.#keep(other, message(other))
    if (this.#kept.size === 0) this.drop()
    else this.#timer = this.#clock.after(AHEAD_KEPT, () => this.drop())
    return message(number)
  }

  #keep(number: number, message: ReadMessage | undefined): void {
    if (message !== undefined) this.#kept.set(number, message)
  }

  /** The numbers behind `from` that are likely to be asked for next. */
  #window(from: number): number[] {
    const ahead: number[] = []
    let octets = this.#inline(from)
    for (let number = from + 1; number <= this.#numbers.last && ahead.length < MESSAGES_AHEAD; number++) {
      octets += this.#inline(number)
      if (octets > READ_AHEAD) break
      if (this.#numbers.state(number) === 'there') ahead.push(number)
    }
    return ahead
  }

  /** Octets that come along with the row. */
  #inline(number: number): number {
    const size = this.#numbers.size(number)
    return size > BODY_INLINE ? 0 : size
  }

  /** Forgets what was read ahead. */
  drop(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#kept.clear()
    this.#room.give(this.#taken)
    this.#taken = 0
  }

  close(): void {
    this.#closed = true
    this.drop()
  }
}
