import type { SequenceSet } from '@mailstead/wire'
import type { MailboxView } from '../view.ts'
import { COST, type Criterion, type SearchKey } from './key.ts'

/** Messages by number. One that does not exist is an error, as everywhere; but whoever searches 1:* may find nothing. */
export function inSequence(set: SequenceSet): Criterion {
  return among((view) => (view.exists === 0 ? [] : view.places(set, 'sequence')))
}

function among(rangesOf: (view: MailboxView) => readonly (readonly [from: number, to: number])[]): Criterion {
  return {
    cost: COST.memory,
    bind({ view }) {
      const ranges = rangesOf(view)
      return ({ number }) => includes(ranges, number - 1)
    },
  }
}

/** `ranges` are half-open, ascending and apart. */
function includes(ranges: readonly (readonly [from: number, to: number])[], place: number): boolean {
  let low = 0
  let high = ranges.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const [from, to] = ranges[middle] ?? [0, 0]
    if (place < from) high = middle
    else if (place >= to) low = middle + 1
    else return true
  }
  return false
}

export const uidKey: SearchKey = {
  name: 'UID',
  parse({ d }) {
    d.space()
    const set = d.sequenceSet()
    return among((view) => view.places(set, 'uid'))
  },
}
