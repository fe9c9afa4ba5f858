import { command, type Extension, type TableEntry } from '../command.ts'
import { requireFuzzy } from '../search/relevancy.ts'
import { forgetSaved, respondFound } from '../search/respond.ts'
import { runSearch } from '../search/run.ts'
import { beginUpdates } from '../search/updates.ts'
import { displayKeys, sortKeys } from '../sort/keys.ts'
import { parseSort } from '../sort/parse.ts'
import { runSort } from '../sort/run.ts'

/** SORT and UID SORT, RFC 5256; with RETURN (…), RFC 5267 section 3. */
function sortBy(by: 'sequence' | 'uid'): TableEntry {
  return command({
    name: by === 'uid' ? 'UID SORT' : 'SORT',
    state: 'selected',
    byNumber: by === 'sequence',
    sync: by === 'uid' ? 'everything' : 'no-expunge',
    parse: parseSort,
    async run(context, { sortBy: criteria, returns, refused, ...request }) {
      try {
        if (refused !== undefined) throw refused
        requireFuzzy(request.relevancy, [...(returns ?? []), ...criteria.map(({ key }) => key)])
        const updates = beginUpdates(context, returns)
        const found = await runSort(context, await runSearch(context, request), criteria, request.relevancy)
        await respondFound(context, 'SORT', by, found, returns, request)
        updates?.add(context, { by, request, sortBy: criteria }, returns, found)
      } catch (error) {
        forgetSaved(context.session, returns, error)
        throw error
      }
      return { text: 'Sorted' }
    },
  })
}

export const sort: Extension = {
  capability: 'SORT',
  rfc: 5256,
  summary: 'Sorts what a search finds by dates, sizes, addresses and base subjects',
  commands: [sortBy('sequence'), sortBy('uid')],
  sortKeys,
}

export const sortDisplay: Extension = {
  capability: 'SORT=DISPLAY',
  rfc: 5957,
  summary: 'Sorts by the names that clients show',
  needs: ['SORT'],
  sortKeys: displayKeys,
}

/** SORT itself reads RETURN (…); the options are those of SEARCH. */
export const esort: Extension = {
  capability: 'ESORT',
  rfc: 5267,
  summary: 'SORT tells the first, the last, the number or a set, as SEARCH does',
  needs: ['SORT', 'ESEARCH'],
}
