import type { EpochMs } from '@mailstead/base'
import type { Greylist, GreylistMark, GreylistMemory } from '@mailstead/store'
import type { Parts } from './parts.ts'

export class SqliteGreylist implements Greylist {
  readonly #parts: Parts

  constructor(parts: Parts) {
    this.#parts = parts
  }

  recall(mark: GreylistMark): Promise<GreylistMemory> {
    return this.#parts.readers.call('recallGreylist', mark)
  }

  note(mark: GreylistMark): Promise<void> {
    return this.#parts.writer.call('noteGreylist', mark)
  }

  allow(network: string): Promise<void> {
    return this.#parts.writer.call('allowGreylist', network)
  }

  async forget({ marks, networks }: { readonly marks: EpochMs; readonly networks: EpochMs }): Promise<number> {
    let total = 0
    for (let more = true; more;) {
      const step = await this.#parts.writer.call('forgetGreylist', marks, networks)
      total += step.forgotten
      more = step.more
    }
    return total
  }
}
