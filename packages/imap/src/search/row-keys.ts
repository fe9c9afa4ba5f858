import type { MessageRow } from '@mailstead/store'
import { COST, type Criterion, type SearchKey } from './key.ts'

const DAY = 86_400_000

function ofRow(test: (row: MessageRow) => boolean): Criterion {
  return {
    cost: COST.row,
    wants: {},
    bind:
      () =>
      ({ message }) =>
        test(message.row),
  }
}

/** RFC 3501 section 6.4.4: time and time zone are disregarded, so the day is the one that INTERNALDATE shows. */
function dayOf({ internalDate: { at, zone } }: MessageRow): number {
  return Math.floor((at + zone * 60_000) / DAY) * DAY
}

function dateKey(name: string, test: (day: number, asked: number) => boolean): SearchKey {
  return {
    name,
    parse({ d }) {
      d.space()
      const asked = d.date()
      return ofRow((row) => test(dayOf(row), asked))
    },
  }
}

function sizeKey(name: string, test: (size: number, asked: number) => boolean): SearchKey {
  return {
    name,
    parse({ d }) {
      d.space()
      const asked = d.number64()
      return ofRow(({ size }) => test(size, asked))
    },
  }
}

export const rowKeys: readonly SearchKey[] = [
  dateKey('BEFORE', (day, asked) => day < asked),
  dateKey('ON', (day, asked) => day === asked),
  dateKey('SINCE', (day, asked) => day >= asked),
  sizeKey('LARGER', (size, asked) => size > asked),
  sizeKey('SMALLER', (size, asked) => size < asked),
]
