import { command, type TableEntry } from '../command.ts'
import { ImapBad } from '../errors.ts'
import { parseSearch } from '../search/parse.ts'
import { requireFuzzy } from '../search/relevancy.ts'
import { forgetSaved, respondFound } from '../search/respond.ts'
import { returnAll } from '../search/return.ts'
import { runSearch } from '../search/run.ts'
import { beginUpdates } from '../search/updates.ts'
import { charsetConflicts, speaksRev2, type Session } from '../session.ts'

/** SEARCH and UID SEARCH, RFC 3501 sections 6.4.4 and 6.4.8; RFC 9051 knows no SEARCH response. */
function searchBy(by: 'sequence' | 'uid'): TableEntry {
  return command({
    name: by === 'uid' ? 'UID SEARCH' : 'SEARCH',
    state: 'selected',
    byNumber: by === 'sequence',
    sync: by === 'uid' ? 'everything' : 'no-expunge',
    parse: parseSearch,
    async run(context, { returns: asked, refused, namesCharset, ...request }) {
      requireUtf8(context.session, namesCharset)
      const returns = asked ?? (speaksRev2(context.session) ? [returnAll] : undefined)
      try {
        if (refused !== undefined) throw refused
        requireFuzzy(request.relevancy, returns ?? [])
        const updates = beginUpdates(context, returns)
        const found = await runSearch(context, request)
        await respondFound(context, 'SEARCH', by, found, returns, request)
        updates?.add(context, { by, request }, returns, found)
      } catch (error) {
        forgetSaved(context.session, returns, error)
        throw error
      }
      return { text: 'Searched', ...(request.namesNumbers === true ? { sync: 'no-expunge' as const } : {}) }
    },
  })
}

/** RFC 6855 section 3. */
export function requireUtf8(session: Session, namesCharset = false): void {
  if (namesCharset && charsetConflicts(session)) throw new ImapBad('Texts are UTF-8 since UTF8=ACCEPT: CHARSET is not possible')
}

export const searchCommands: readonly TableEntry[] = [searchBy('sequence'), searchBy('uid')]
