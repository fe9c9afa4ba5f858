import { command, type TableEntry } from '../command.ts'
import { Pace } from '../pace.ts'
import { MESSAGES_A_STEP } from '../search/limits.ts'
import { parseSearch } from '../search/parse.ts'
import { runSearch } from '../search/run.ts'

/** SEARCH and UID SEARCH, RFC 3501 sections 6.4.4 and 6.4.8. */
function searchBy(by: 'sequence' | 'uid'): TableEntry {
  return command({
    name: by === 'uid' ? 'UID SEARCH' : 'SEARCH',
    state: 'selected',
    sync: by === 'uid' ? 'everything' : 'no-expunge',
    parse: parseSearch,
    async run(context, request) {
      const { session, respond } = context
      const uids = await runSearch(context, request)
      const pace = new Pace(respond)
      respond.write('* SEARCH')
      for (const [index, uid] of uids.entries()) {
        respond.write(` ${by === 'uid' ? uid : session.view.numberOf(uid)}`)
        if (index % MESSAGES_A_STEP === 0) await pace.pause()
      }
      respond.write('\r\n')
      return { text: 'Searched' }
    },
  })
}

export const searchCommands: readonly TableEntry[] = [searchBy('sequence'), searchBy('uid')]
