import type { EpochMs } from '@mailstead/base'
import type { MessageRow } from '@mailstead/store'
import type { NumberKey } from '../keys/key-columns.ts'
import { COST, type Criterion, type SearchKey } from './key.ts'

const DAY = 86_400_000

/** Asks what stands in the message's row, without costly columns. */
export function ofRow(test: (row: MessageRow) => boolean): Criterion {
  return {
    cost: COST.row,
    wants: {},
    bind:
      () =>
      ({ message }) =>
        test(message.row),
  }
}

/** Asks for a date or a size. */
export function ofKey(name: NumberKey, test: (value: number, now: EpochMs) => boolean): Criterion {
  return { cost: COST.keys, keys: [name], bind: (_, now) => (candidate) => test(candidate.key(name), now) }
}

/**
 * By the day of a date of the message; `test` compares midnights in UTC. RFC 3501 section 6.4.4: time and time zone are
 * disregarded, so the day of `internal-local` is the one that INTERNALDATE shows.
 */
export function dateKey(name: string, key: NumberKey, test: (day: number, asked: number) => boolean): SearchKey {
  return {
    name,
    parse({ d }) {
      d.space()
      const asked = d.date()
      return ofKey(key, (date) => test(Math.floor(date / DAY) * DAY, asked))
    },
  }
}

function sizeKey(name: string, test: (size: number, asked: number) => boolean): SearchKey {
  return {
    name,
    parse({ d }) {
      d.space()
      const asked = d.number64()
      return ofKey('size', (size) => test(size, asked))
    },
  }
}

export const rowKeys: readonly SearchKey[] = [
  dateKey('BEFORE', 'internal-local', (day, asked) => day < asked),
  dateKey('ON', 'internal-local', (day, asked) => day === asked),
  dateKey('SINCE', 'internal-local', (day, asked) => day >= asked),
  sizeKey('LARGER', (size, asked) => size > asked),
  sizeKey('SMALLER', (size, asked) => size < asked),
]
