import type { MailboxId, Uid } from '@mailstead/store'
import { LISTED_KEPT } from './limits.ts'
import type { FetchAttribute } from './item.ts'

/** Octets that a list costs without a value, and each message of it beside its values, about. */
const LIST_OCTETS = 1024
const MESSAGE_OCTETS = 120

/** Values of the same items, message by message, in the order of the items. */
export class Listed {
  readonly key: string
  readonly #values = new Map<Uid, readonly string[]>()
  octets = LIST_OCTETS
  /** Nothing is to be added any more: others needed the room. */
  dropped = false

  constructor(key: string) {
    this.key = key
  }

  of(uid: Uid): readonly string[] | undefined {
    return this.#values.get(uid)
  }

  hasAll(uids: readonly Uid[]): boolean {
    return uids.every((uid) => this.#values.has(uid))
  }

  /** Returns by how many octets it has grown. */
  add(uid: Uid, values: readonly string[]): number {
    if (this.#values.has(uid)) return 0
    this.#values.set(uid, values)
    const grown = values.reduce((sum, value) => sum + value.length, MESSAGE_OCTETS)
    this.octets += grown
    return grown
  }
}

/**
 * What is told of messages in lists and never changes – sizes, envelopes, header fields – of the lists that were asked for more than once lately: a client that
 * keeps no messages is answered without the database. A UID means one message for good, so that nothing here can become wrong.
 */
export class ListedValues {
  /** The least recently used first. */
  readonly #lists = new Map<string, Listed>()
  readonly #limit: number
  #octets = 0

  constructor(limit = LISTED_KEPT) {
    this.#limit = limit
  }

  /** `undefined` at the first time: most lists are asked for once, by a client that keeps what it is told. */
  of(mailbox: MailboxId, attributes: readonly FetchAttribute[]): Listed | undefined {
    const key = `${mailbox} ${attributes.map(({ label }) => label).join(' ')}`
    const known = this.#lists.get(key)
    if (known !== undefined) this.#lists.delete(key)
    this.#lists.set(key, known ?? new Listed(key))
    if (known === undefined) this.#grow(LIST_OCTETS)
    return known
  }

  keep(listed: Listed, uid: Uid, values: readonly (string | Uint8Array)[]): void {
    if (!listed.dropped) this.#grow(listed.add(uid, values.map(flat)))
  }

  #grow(octets: number): void {
    this.#octets += octets
    for (const [key, oldest] of this.#lists) {
      if (this.#octets <= this.#limit) return
      this.#lists.delete(key)
      oldest.dropped = true
      this.#octets -= oldest.octets
    }
  }
}

/** Text that is one piece of memory, and holds on to no other: what is put together of parts, or cut out of more, would keep them all. */
function flat(value: string | Uint8Array): string {
  const octets = typeof value === 'string' ? Buffer.from(value, 'latin1') : Buffer.from(value.buffer, value.byteOffset, value.length)
  return octets.toString('latin1')
}
