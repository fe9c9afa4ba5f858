import type { ImapDecoder } from '@mailstead/wire'
import type { Registry } from '../command.ts'
import { parseReturns } from '../search/parse-returns.ts'
import { orRefused, parseKeys, type SearchArguments } from '../search/parse.ts'
import type { SortCriterion } from './key.ts'

export interface SortArguments extends SearchArguments {
  readonly sortBy: readonly SortCriterion[]
}

/** Criteria of one command; there are nine keys. */
const MAX_CRITERIA = 20

// sort = "SORT" [search-return-opts] SP "(" sort-criterion *(SP sort-criterion) ")" SP search-criteria
export function parseSort(d: ImapDecoder, registry: Registry): SortArguments {
  d.space()
  const returns = registry.has('ESORT') ? parseReturns(d, registry) : undefined
  const sortBy = d.list(() => criterion(d, registry))
  if (sortBy.length > MAX_CRITERIA) d.fail('fewer sort criteria')
  d.space()
  return { sortBy, returns, ...orRefused(d, () => parseCriteria(d, registry)) }
}

// sort-criterion = ["REVERSE" SP] sort-key
function criterion(d: ImapDecoder, registry: Registry): SortCriterion {
  const reverse = d.skipWord('REVERSE')
  if (reverse) d.space()
  return { key: registry.sortKey(d.word()) ?? d.fail('a sort key before here'), reverse }
}

// search-criteria = charset 1*(SP search-key)
export function parseCriteria(d: ImapDecoder, registry: Registry): ReturnType<typeof parseKeys> {
  const charset = d.astring()
  d.space()
  return parseKeys(d, registry, charset)
}
