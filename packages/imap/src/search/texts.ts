import type { TextNeedle } from '@mailstead/mime'
import { StoreError, type Uid } from '@mailstead/store'
import type { Pace } from '../pace.ts'
import type { Selected } from '../session.ts'
import { UIDS_A_CALL } from './limits.ts'
import type { Relevancy } from './relevancy.ts'

/**
 * What a search looks for inside messages: the store is asked some messages at a time, for all needles at once, and no further
 * once the client is gone.
 */
export class SearchedTexts {
  readonly #session: Selected
  readonly #needles: readonly TextNeedle[]
  readonly #pace: Pace
  readonly #relevancy: Relevancy | undefined
  #uids: readonly Uid[] = []
  /** Of `#uids`, up to which the store has looked. */
  #looked = 0
  #found = new Map<Uid, Uint8Array>()

  constructor(session: Selected, needles: readonly TextNeedle[], pace: Pace, relevancy: Relevancy | undefined) {
    this.#session = session
    this.#needles = needles
    this.#pace = pace
    this.#relevancy = relevancy
  }

  /** The messages that will be asked about, ascending. */
  begin(uids: readonly Uid[]): void {
    this.#uids = uids
    this.#looked = 0
    this.#found = new Map()
  }

  /** Messages are asked about in ascending order. Throws `message-not-found` for one that is gone. */
  async contains(uid: Uid, needle: TextNeedle): Promise<boolean> {
    while (this.#looked < this.#uids.length && uid > (this.#uids[this.#looked - 1] ?? 0)) await this.#lookFrom(uid)
    const found = this.#found.get(uid)
    if (found === undefined) throw new StoreError('message-not-found', 'The message is gone')
    return (found[this.#needles.indexOf(needle)] ?? 0) > 0
  }

  async #lookFrom(uid: Uid): Promise<void> {
    await this.#pace.pause()
    // Those in between were decided without their texts.
    while ((this.#uids[this.#looked] ?? uid) < uid) this.#looked++
    const { view, store } = this.#session
    const { looked, uids, found } = await store.searchTexts(
      view.mailbox.id,
      this.#uids.slice(this.#looked, this.#looked + UIDS_A_CALL),
      this.#needles,
    )
    const width = this.#needles.length
    this.#found = new Map(Array.from(uids, (each, index) => [each as Uid, found.subarray(index * width, (index + 1) * width)]))
    this.#looked += looked
    for (const [each, strengths] of this.#found) this.#note(each, strengths)
  }

  /** The mean of what was looked for by words, found or not. */
  #note(uid: Uid, strengths: Uint8Array): void {
    const fuzzy = this.#needles.flatMap((needle, index) => (needle.fuzzy === true ? (strengths[index] ?? 0) : []))
    if (fuzzy.length > 0) this.#relevancy?.note(uid, fuzzy.reduce((sum, each) => sum + each, 0) / fuzzy.length)
  }
}
