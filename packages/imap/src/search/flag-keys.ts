import { ANSWERED, DELETED, DRAFT, FLAGGED, SEEN } from '@mailstead/store'
import type { MailboxView } from '../view.ts'
import { not } from './combine.ts'
import { COST, type Criterion, type SearchKey } from './key.ts'

const SYSTEM: Readonly<Record<string, number>> = { ANSWERED, DELETED, DRAFT, FLAGGED, SEEN }

function inView(test: (view: MailboxView, uid: number) => boolean): Criterion {
  return {
    cost: COST.memory,
    bind:
      ({ view }) =>
      ({ uid }) =>
        test(view, uid),
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

export const flagKeys: readonly SearchKey[] = [
  plainKey('ALL', { cost: COST.memory, bind: () => () => true }),
  ...Object.entries(SYSTEM).flatMap(([name, bit]) => {
    const set = inView((view, uid) => (view.systemFlagsOf(uid) & bit) !== 0)
    return [plainKey(name, set), plainKey(`UN${name}`, not(set))]
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
