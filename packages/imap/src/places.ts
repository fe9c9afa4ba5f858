import type { SequenceRange } from '@mailstead/wire'
import { ImapBad } from './errors.ts'
import type { Uid } from '@mailstead/store'
import { indexOf, lowerBound } from './ascending.ts'

/** Half-open range of places in an array of UIDs: sequence numbers less one. */
export type PlaceRange = [from: number, to: number]

/**
 * Where the messages stand that a set names, among the first `count` of the ascending `uids`: ranges ascending and
 * apart, so that overlaps count once. A number that does not exist is an error (`ImapBad`, RFC 3501 section 9,
 * seq-number); a UID that does not is skipped.
 */
export function placesOf(uids: Uint32Array, count: number, set: readonly SequenceRange[], by: 'sequence' | 'uid'): PlaceRange[] {
  const ranges: PlaceRange[] = []
  for (const { first, last } of set) {
    const range = by === 'uid' ? uidRange(uids, count, first, last) : numberRange(count, first, last)
    if (range[0] < range[1]) ranges.push(range)
  }
  return joined(ranges)
}

/** Where those of `some` (UIDs, ascending) stand that are among the first `count` of the ascending `uids`. */
export function placesAmong(uids: Uint32Array, count: number, some: readonly Uid[]): PlaceRange[] {
  const places = some.map((uid) => indexOf(uids, count, uid)).filter((place) => place !== -1)
  return joined(places.map((place) => [place, place + 1]))
}

function joined(ranges: PlaceRange[]): PlaceRange[] {
  ranges.sort((a, b) => a[0] - b[0])
  const apart: PlaceRange[] = []
  for (const range of ranges) {
    const before = apart.at(-1)
    if (before !== undefined && range[0] <= before[1]) before[1] = Math.max(before[1], range[1])
    else apart.push(range)
  }
  return apart
}

function numberRange(count: number, first: number, last: number): PlaceRange {
  const from = first === 0 ? count : first
  const to = last === 0 ? count : last
  const highest = Math.max(from, to)
  if (count === 0) throw new ImapBad('No such message: the mailbox is empty')
  if (highest > count) throw new ImapBad(`No such message: there are ${count}`)
  return [Math.min(from, to) - 1, highest]
}

function uidRange(uids: Uint32Array, count: number, first: number, last: number): PlaceRange {
  const top = uids[count - 1] ?? 0
  const from = first === 0 ? top : first
  const to = last === 0 ? top : last
  // "3291:*" includes the last message even if its UID is lower (RFC 3501 section 9).
  return [lowerBound(uids, count, Math.min(from, to)), lowerBound(uids, count, Math.max(from, to) + 1)]
}
