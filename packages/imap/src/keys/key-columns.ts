import { systemClock, type Clock, type EpochMs } from '@mailstead/base'
import type { FieldName, KeyName, MailboxId, MailStore } from '@mailstead/store'
import type { Pace } from '../pace.ts'
import { AncestryColumn } from './ancestry.ts'
import type { KeyColumn, KeySource } from './column.ts'
import { FieldColumn } from './fields.ts'
import { COLUMN_OCTETS, FIELD_MESSAGES, KEYS_KEPT, KEYS_REST_MS, SEARCHES_BEFORE_AGAIN } from './limits.ts'
import { NumberColumn } from './numbers.ts'
import { TextColumn } from './texts.ts'

/** Keys that are numbers. */
export type NumberKey = 'internal-date' | 'internal-local' | 'save-date' | 'sent' | 'size'
/** Keys that are texts. */
export type TextKey = Exclude<KeyName, NumberKey | FieldName | 'ancestry'>

/** What keys are asked of: a mailbox that the store's actor may read. */
export interface KeyedMailbox {
  readonly store: MailStore
  readonly mailbox: MailboxId
}

interface Kept {
  column: KeyColumn
  octets: number
  used: EpochMs
}

/** The keys that were asked for lately, of all mailboxes: who sorts again reads nothing. */
export class KeyColumns {
  /** The least recently used first. */
  readonly #columns = new Map<string, Kept>()
  readonly #limit: number
  readonly #clock: Clock
  #octets = 0
  #isWatching = false

  constructor(limit = KEYS_KEPT, clock: Clock = systemClock) {
    this.#limit = limit
    this.#clock = clock
  }

  /** The key of the UIDs (ascending), and of any others. Without those that are gone for good. */
  numbers(of: KeyedMailbox, name: NumberKey, uids: Uint32Array): Promise<NumberColumn> {
    return this.#column(of, name, uids, (source) => new NumberColumn(source)) as Promise<NumberColumn>
  }

  /** As `numbers`. */
  texts(of: KeyedMailbox, name: TextKey, uids: Uint32Array): Promise<TextColumn> {
    return this.#column(of, name, uids, (source) => new TextColumn(source)) as Promise<TextColumn>
  }

  /** As `numbers`. */
  ancestry(of: KeyedMailbox, uids: Uint32Array): Promise<AncestryColumn> {
    return this.#column(of, 'ancestry', uids, (source) => new AncestryColumn(source)) as Promise<AncestryColumn>
  }

  /** A field of the UIDs (ascending), and of any others; `undefined` where it is not at hand, and the index is sooner asked than it is read. */
  async fields(of: KeyedMailbox, name: FieldName, uids: Uint32Array, pace: Pace): Promise<FieldColumn | undefined> {
    if (uids.length > FIELD_MESSAGES) return undefined
    const source = { mailbox: of.mailbox, name }
    const key = keyOf(source)
    const kept = this.#columns.get(key) ?? { column: new FieldColumn(source), octets: 0, used: 0 }
    this.#keep(key, kept)
    const column = kept.column as FieldColumn
    const due = await column.due(uids, pace)
    if (due === 'known') return column
    if (due === 'without') return undefined
    const reading = column.load(of.store, uids).then(() => {
      if (column.isFull) kept.column = new FieldColumn(source, uids.length * SEARCHES_BEFORE_AGAIN)
      this.#keep(key, kept)
    })
    // Who is answered by the index needs not know why it could not be read.
    if (due === 'read-meanwhile') reading.catch(() => {})
    else await reading
    return due === 'read-meanwhile' || column.isFull ? undefined : column
  }

  async #column(
    { store, mailbox }: KeyedMailbox,
    name: KeyName,
    uids: Uint32Array,
    make: (source: KeySource) => KeyColumn,
  ): Promise<KeyColumn> {
    const source = { mailbox, name }
    const key = keyOf(source)
    const kept = this.#columns.get(key) ?? { column: make(source), octets: 0, used: 0 }
    this.#keep(key, kept)
    await kept.column.load(store, uids)
    this.#keep(key, kept)
    return kept.column
  }

  #keep(key: string, kept: Kept): void {
    this.#drop(key)
    kept.octets = Math.max(kept.column.octets, COLUMN_OCTETS)
    kept.used = this.#clock.now()
    this.#columns.set(key, kept)
    this.#octets += kept.octets
    this.#watch()
    for (const oldest of this.#columns.keys()) {
      if (this.#octets <= this.#limit) return
      this.#drop(oldest)
    }
  }

  /** Gives back what nobody has asked for since. */
  #watch(): void {
    if (this.#isWatching || this.#columns.size === 0) return
    this.#isWatching = true
    this.#clock.after(KEYS_REST_MS, () => {
      this.#isWatching = false
      const since = this.#clock.now() - KEYS_REST_MS
      for (const [key, { used }] of this.#columns) if (used <= since) this.#drop(key)
      this.#watch()
    })
  }

  #drop(key: string): void {
    const kept = this.#columns.get(key)
    if (kept === undefined) return
    this.#columns.delete(key)
    this.#octets -= kept.octets
  }
}

function keyOf({ mailbox, name }: KeySource): string {
  return `${mailbox} ${name}`
}
