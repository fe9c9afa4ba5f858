import { KEYWORD_WORDS, MAX_KEYWORDS, StoreError } from '@mailstead/store'
import type { Sql } from '../sql.ts'

/** The four words of a message's keywords. */
export type Words = [number, number, number, number]

export interface Added {
  readonly words: Words
  /** All names of the mailbox, if there are more now. */
  readonly grown: string[] | undefined
  /** How many there were. */
  readonly before: number
}

/** The keyword names of mailboxes: case-insensitive, first spelling kept, at most MAX_KEYWORDS a mailbox. */
export class Keywords {
  readonly #names
  readonly #insert
  readonly #delete

  constructor(sql: Sql) {
    this.#names = sql.raw<[string]>('SELECT name FROM mailbox_keyword WHERE mailbox_id = ? ORDER BY bit')
    this.#insert = sql.run('INSERT INTO mailbox_keyword (mailbox_id, bit, name) VALUES (?, ?, ?)')
    this.#delete = sql.run('DELETE FROM mailbox_keyword WHERE mailbox_id = ? AND bit >= ?')
  }

  /** By bit. Keywords are never taken off the list. */
  names(mailbox: number): string[] {
    return this.#names(mailbox).map(([name]) => name)
  }

  /**
   * The words with the bits of `keywords`, and the mailbox's names if new ones were added. What to do with one that
   * finds no room: `limit` throws; `drop` leaves it out; `ignore` adds none at all, as for flags to be removed.
   */
  words(mailbox: number, keywords: readonly string[], full: 'limit' | 'drop' | 'ignore'): Added {
    const words: Words = [0, 0, 0, 0]
    if (keywords.length === 0) return { words, grown: undefined, before: 0 }
    const names = this.names(mailbox)
    const before = names.length
    const bits = new Map(names.map((name, bit) => [name.toLowerCase(), bit]))
    for (const keyword of keywords) {
      const key = keyword.toLowerCase()
      let bit = bits.get(key)
      if (bit === undefined) {
        if (full === 'ignore') continue
        if (names.length >= MAX_KEYWORDS) {
          if (full === 'drop') continue
          throw new StoreError('limit', `A mailbox has at most ${MAX_KEYWORDS} keywords`)
        }
        bit = names.length
        names.push(keyword)
        bits.set(key, bit)
        this.#insert(mailbox, bit, keyword)
      }
      setBit(words, bit)
    }
    return { words, grown: names.length > before ? names : undefined, before }
  }

  /** Takes back what `words` has just added, for an act that after all gives them to no message: nobody would hear of them. */
  takeBack(mailbox: number, { grown, before }: { readonly grown: readonly string[] | undefined; readonly before: number }): void {
    if (grown !== undefined) this.#delete(mailbox, before)
  }

  /** Translates words of one mailbox into another's; keywords without room there are left out. */
  translator(source: number, target: number): { translate(words: Words): Words; grown(): string[] | undefined } {
    if (source === target) return { translate: (words) => words, grown: () => undefined }
    const names = this.names(source)
    const known = new Map<string, Words>()
    let grown: string[] | undefined
    return {
      translate: (words) => {
        const key = words.join()
        let translated = known.get(key)
        if (translated === undefined) {
          const set = names.filter((_, bit) => (((words[bit >>> 5] ?? 0) >>> (bit & 31)) & 1) === 1)
          const added = this.words(target, set, 'drop')
          translated = added.words
          grown = added.grown ?? grown
          known.set(key, translated)
        }
        return translated
      },
      grown: () => grown,
    }
  }
}

function setBit(words: Words, bit: number): void {
  const word = bit >>> 5
  if (word < KEYWORD_WORDS) words[word] = ((words[word] ?? 0) | (1 << (bit & 31))) >>> 0
}
