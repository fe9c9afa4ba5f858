import { lowerBound } from './ascending.ts'
import type { MailboxIndex } from './mailbox-index.ts'

/**
 * The messages that are \Recent in one session: RFC 3501 section 2.3.2 gives each arrival to the first session that is
 * told of it. Ranges of UIDs, as they come one behind the other.
 */
export class RecentRanges {
  /** A read-write session: what it was told of is not recent for others. */
  readonly claims: boolean
  readonly #ranges: { first: number; last: number }[] = []

  constructor(claims: boolean) {
    this.claims = claims
  }

  /** Takes those of the UIDs `first` to `last` that no other session has. True when there were any. */
  take(index: MailboxIndex, first: number, last: number): boolean {
    const from = Math.max(first, index.recentFrom)
    if (from > last) return false
    if (this.claims) index.recentFrom = last + 1
    const before = this.#ranges.at(-1)
    if (before !== undefined && before.last + 1 === from) before.last = last
    else this.#ranges.push({ first: from, last })
    return true
  }

  has(uid: number): boolean {
    for (const { first, last } of this.#ranges) if (uid >= first && uid <= last) return true
    return false
  }

  /** How many of the first `count` UIDs are recent. */
  countIn(uids: Uint32Array, count: number): number {
    let sum = 0
    for (const { first, last } of this.#ranges) sum += lowerBound(uids, count, last + 1) - lowerBound(uids, count, first)
    return sum
  }
}
