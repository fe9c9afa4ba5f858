import { command, type Extension, type TableEntry } from '../command.ts'
import type { SearchReturn } from '../search/return.ts'
import { plainReturn } from '../search/return.ts'
import { updatesOf } from '../search/updates.ts'

/** RFC 5267 section 4.2: a hint, which nothing is made of. */
const context = plainReturn({ name: 'CONTEXT', place: 0, aside: true })
/** RFC 5267 section 4.3. SEARCH and SORT begin the updates. */
const update = plainReturn({ name: 'UPDATE', place: 0, aside: true, updates: [] })

const returns: readonly SearchReturn[] = [context, update]

/** RFC 5267 section 4.3.5. Who names a search that is not updated has what it wants. */
const cancelUpdate: TableEntry = command({
  name: 'CANCELUPDATE',
  state: 'selected',
  sync: 'no-expunge',
  // "CANCELUPDATE" 1*(SP quoted)
  parse(d) {
    const tags: string[] = []
    do {
      d.space()
      tags.push(d.string())
    } while (!d.atEnd)
    return tags
  },
  run({ session }, tags) {
    updatesOf(session.view)?.cancel(tags)
    return { text: 'Not updated any more' }
  },
})

/** RFC 5267. PARTIAL, which belongs to it, has a capability of its own since RFC 9394. */
export const contextSearch: Extension = {
  capability: 'CONTEXT=SEARCH',
  rfc: 5267,
  summary: 'SEARCH goes on telling which messages come into its result and leave it',
  needs: ['ESEARCH', 'PARTIAL'],
  searchReturns: returns,
  commands: [cancelUpdate],
}

export const contextSort: Extension = {
  capability: 'CONTEXT=SORT',
  rfc: 5267,
  summary: 'SORT does so too, and tells the places',
  needs: ['ESORT', 'PARTIAL'],
  searchReturns: returns,
  commands: [cancelUpdate],
}
