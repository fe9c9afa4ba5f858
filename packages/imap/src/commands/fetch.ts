import { command, type TableEntry } from '../command.ts'
import { ImapNo } from '../errors.ts'
import { parseFetch } from '../fetch/parse.ts'
import { runFetch } from '../fetch/run.ts'

/** FETCH and UID FETCH, RFC 3501 sections 6.4.5 and 6.4.8. */
function fetchBy(by: 'sequence' | 'uid'): TableEntry {
  return command({
    name: by === 'uid' ? 'UID FETCH' : 'FETCH',
    state: 'selected',
    sync: by === 'uid' ? 'everything' : 'no-expunge',
    parse: parseFetch,
    async run(context, { messages, attributes }) {
      const uids = context.session.view.resolve(messages, by)
      const missing = await runFetch(context, uids, attributes, by === 'uid')
      // RFC 2180 section 4.1.2; a UID that does not exist is no error, and its EXPUNGE follows at once.
      if (missing > 0 && by === 'sequence') throw new ImapNo('Some messages are gone', 'EXPUNGEISSUED')
      return { text: 'Fetched' }
    },
  })
}

export const fetchCommands: readonly TableEntry[] = [fetchBy('sequence'), fetchBy('uid')]
