import type { SequenceSet } from '@mailstead/wire'
import type { PlaceRange } from '../places.ts'
import type { MailboxView } from '../view.ts'
import { COST, type Criterion, type SearchKey } from './key.ts'

/** Of UIDs: half-open, ascending and apart. */
type UidRanges = readonly (readonly [from: number, to: number])[]

/**
 * Messages by number, as the numbers were when the command came (RFC 5267 section 4.3): what is asked again later is asked of the same messages. One that
 * does not exist is an error, as everywhere, unless `beyondTheEnd` excuses it; but whoever searches 1:* may find nothing.
 */
export function inSequence(set: SequenceSet, beyondTheEnd = false): Criterion {
  let first: { readonly view: MailboxView; readonly ranges: UidRanges } | undefined
  return among((view) => {
    if (first?.view !== view) first = { view, ranges: numbered(view, beyondTheEnd ? upTo(view.exists, set) : set) }
    return first.ranges
  })
}

function numbered(view: MailboxView, set: SequenceSet): UidRanges {
  return view.exists === 0 ? [] : uidsAt(view, view.places(set, 'sequence'))
}

/** The numbers of `set` that there are; `*` is always the highest. */
function upTo(exists: number, set: SequenceSet): SequenceSet {
  if (set === '$') return set
  const there = set.filter(({ first, last }) => last === 0 || first <= exists)
  return there.map(({ first, last }) => ({ first: Math.min(first, exists), last: Math.min(last, exists) }))
}

function among(rangesOf: (view: MailboxView) => UidRanges): Criterion {
  return {
    cost: COST.memory,
    bind({ view }) {
      const ranges = rangesOf(view)
      return ({ uid }) => includes(ranges, uid)
    },
  }
}

function uidsAt({ uids }: MailboxView, places: readonly PlaceRange[]): UidRanges {
  return places.map(([from, to]) => [uids[from] ?? 0, (uids[to - 1] ?? 0) + 1])
}

function includes(ranges: UidRanges, uid: number): boolean {
  let low = 0
  let high = ranges.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const [from, to] = ranges[middle] ?? [0, 0]
    if (uid < from) high = middle
    else if (uid >= to) low = middle + 1
    else return true
  }
  return false
}

export const uidKey: SearchKey = {
  name: 'UID',
  parse({ d }) {
    d.space()
    const set = d.sequenceSet()
    return among((view) => uidsAt(view, view.places(set, 'uid')))
  },
}
