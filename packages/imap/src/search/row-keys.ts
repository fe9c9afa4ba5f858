import type { EpochMs } from '@mailstead/base'
import type { MessageRow, ZonedTime } from '@mailstead/store'
import { COST, type Criterion, type SearchKey } from './key.ts'

const DAY = 86_400_000

/** Asks what stands in the message's row, without costly columns. */
export function ofRow(test: (row: MessageRow, now: EpochMs) => boolean): Criterion {
  return {
    cost: COST.row,
    wants: {},
    bind:
      (_, now) =>
      ({ message }) =>
        test(message.row, now),
  }
}

/** RFC 3501 section 6.4.4: time and time zone are disregarded, so the day is the one that INTERNALDATE shows. */
function dayOf({ at, zone }: ZonedTime): number {
  return Math.floor((at + zone * 60_000) / DAY) * DAY
}

/** By the day of a date of the message; `test` compares midnights in UTC. */
export function dateKey(name: string, dateOf: (row: MessageRow) => ZonedTime, test: (day: number, asked: number) => boolean): SearchKey {
  return {
    name,
    parse({ d }) {
      d.space()
      const asked = d.date()
      return ofRow((row) => test(dayOf(dateOf(row)), asked))
    },
  }
}

function internalDate(row: MessageRow): ZonedTime {
  return row.internalDate
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
  dateKey('BEFORE', internalDate, (day, asked) => day < asked),
  dateKey('ON', internalDate, (day, asked) => day === asked),
  dateKey('SINCE', internalDate, (day, asked) => day >= asked),
  sizeKey('LARGER', (size, asked) => size > asked),
  sizeKey('SMALLER', (size, asked) => size < asked),
]
