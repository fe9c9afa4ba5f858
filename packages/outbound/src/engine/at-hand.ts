import type { OctetSource } from '@mailstead/mime'
import type { AttemptId } from '@mailstead/store'
import { OCTETS_AT_HAND } from '../limits.ts'

/** Messages that were accepted a moment ago, so that they need not be read from the store; those that find no room are. */
export class AtHand {
  readonly #messages = new Map<AttemptId, Uint8Array>()
  #octets = 0

  put(attempt: AttemptId, octets: Uint8Array): void {
    if (this.#octets + octets.length > OCTETS_AT_HAND) return
    this.#messages.set(attempt, octets)
    this.#octets += octets.length
  }

  get(attempt: AttemptId): OctetSource | undefined {
    const octets = this.#messages.get(attempt)
    if (octets === undefined) return undefined
    return { size: octets.length, read: (offset, length) => Promise.resolve(octets.subarray(offset, offset + length)) }
  }

  drop(attempt: AttemptId): void {
    this.#octets -= this.#messages.get(attempt)?.length ?? 0
    this.#messages.delete(attempt)
  }
}
