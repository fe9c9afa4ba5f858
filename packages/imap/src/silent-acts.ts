import type { ModSeq, Uid } from '@mailstead/store'
import { indexOf } from './ascending.ts'
import type { FlagsEntry } from './change-log.ts'

/** Acts on flags whose outcome a client knows, because it asked for .SILENT or has been answered. */
export class SilentActs {
  readonly #acts = new Map<ModSeq, readonly Uid[]>()

  /** `uids`: ascending. */
  add(modSeq: ModSeq, uids: readonly Uid[]): void {
    this.#acts.set(modSeq, uids)
  }

  clear(): void {
    this.#acts.clear()
  }

  /** The messages of the entry that others have changed. */
  othersIn({ uids, modSeq }: FlagsEntry): Uint32Array {
    const known = modSeq === undefined ? undefined : this.#acts.get(modSeq)
    return known === undefined ? uids : uids.filter((uid) => indexOf(known, known.length, uid) === -1)
  }
}
