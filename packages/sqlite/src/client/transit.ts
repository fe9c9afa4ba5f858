import { openCollector, type Collection } from '@mailstead/base'

/** Octets of messages after which what held them is collected. */
const COLLECT_AFTER = 4 * 1024 * 1024

/**
 * Counts the octets of messages that pass through the main thread. The buffers they travel in weigh nothing in V8's
 * books until there are 64 MiB of them, since the objects in front are small: so the young ones are collected here, at
 * a millisecond or two each time.
 */
export class Transit {
  #octets = 0
  #collect: ((collection: Collection) => void) | undefined

  passed(octets: number): void {
    this.#octets += octets
    if (this.#octets < COLLECT_AFTER) return
    this.#octets = 0
    this.#collect ??= openCollector()
    this.#collect({ type: 'minor' })
  }

  /** What held them is gone, and has not to be collected. */
  freed(octets: number): void {
    this.#octets = Math.max(0, this.#octets - octets)
  }
}
