import type { EpochMs } from '@mailstead/base'
import type { Suppression, Suppressions } from '@mailstead/store'
import type { Parts } from './parts.ts'

/** Most servers remember nobody: then nobody is asked for. */
export class SqliteSuppressions implements Suppressions {
  readonly #parts: Parts
  #none = false
  /** Of what the writer has told. */
  #generation = 0

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** The writer remembers another address. */
  grown(): void {
    this.#none = false
    this.#generation++
  }

  async find(address: string): Promise<Suppression | undefined> {
    if (this.#none) return undefined
    const asked = this.#generation
    const { found, none } = await this.#parts.readers.call('suppression', address)
    // What was told meanwhile may be newer than what was read.
    if (asked === this.#generation) this.#none = none
    return found
  }

  async list(after: string | undefined, limit: number): Promise<readonly Suppression[]> {
    return this.#parts.readers.call('suppressions', after ?? '', limit)
  }

  enter(address: string, note: string, until: EpochMs | undefined): Promise<void> {
    return this.#parts.writer.call('enterSuppression', address, note, until)
  }

  remove(address: string): Promise<boolean> {
    return this.#parts.writer.call('removeSuppression', address)
  }

  async forget(failed: EpochMs, now: EpochMs): Promise<number> {
    let total = 0
    for (let more = true; more;) {
      const step = await this.#parts.writer.call('forgetSuppressions', failed, now)
      total += step.forgotten
      more = step.more
    }
    return total
  }
}
