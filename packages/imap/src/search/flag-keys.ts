import { ANSWERED, DELETED, DRAFT, FLAGGED, SEEN } from '@mailstead/store'
import type { MailboxView } from '../view.ts'
import { not } from './combine.ts'
import { COST, type Criterion, type SearchKey } from './key.ts'

const SYSTEM: Readonly<Record<string, number>> = { ANSWERED, DELETED, DRAFT, FLAGGED, SEEN }

function inView(test: (view: MailboxView, uid: number, number: number) => boolean): Criterion {
  return {
    cost: COST.memory,
    bind:
      ({ view }) =>
      ({ uid, number }) =>
        test(view, uid, number),
  }
}

function plainKey(name: string, criterion: Criterion): SearchKey {
  return { name, parse: () => criterion }
}

function keyword(name: string): Criterion {
  return {
    cost: COST.memory,
    bind({ view }) {
      const key = name.toLowerCase()
      const bit = view.keywordNames.findIndex((each) => each.toLowerCase() === key)
      return bit === -1 ? () => false : ({ uid }) => view.hasKeyword(uid, bit)
    },
  }
}

const recent = inView((view, uid) => view.isRecent(uid))

const EVERYTHING: Criterion = { cost: COST.memory, bind: () => () => true }

/** It holds for some messages and not for others. */
export function isNarrow(criterion: Criterion): boolean {
  return criterion !== EVERYTHING
}

export const flagKeys: readonly SearchKey[] = [
  plainKey('ALL', EVERYTHING),
  ...Object.entries(SYSTEM).flatMap(([name, bit]) => {
    return [
      plainKey(
        name,
        inView((view, _, number) => (view.systemFlagsAt(number) & bit) !== 0),
      ),
      plainKey(
        `UN${name}`,
        inView((view, _, number) => (view.systemFlagsAt(number) & bit) === 0),
      ),
    ]
  }),
  plainKey('RECENT', recent),
  plainKey('OLD', not(recent)),
  plainKey(
    'NEW',
    inView((view, uid) => view.isRecent(uid) && (view.systemFlagsOf(uid) & SEEN) === 0),
  ),
  { name: 'KEYWORD', parse: ({ d }) => keyword(flagKeyword(d)) },
  { name: 'UNKEYWORD', parse: ({ d }) => not(keyword(flagKeyword(d))) },
]

// flag-keyword = atom
function flagKeyword(d: Parameters<SearchKey['parse']>[0]['d']): string {
  d.space()
  return d.atom()
}
