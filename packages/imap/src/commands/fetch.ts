import type { Uid } from '@mailstead/store'
import { command, type TableEntry } from '../command.ts'
import { ImapNo } from '../errors.ts'
import { parseFetch } from '../fetch/parse.ts'
import { runFetch } from '../fetch/run.ts'
import { enableModSeqs } from '../modseq.ts'

/** FETCH and UID FETCH, RFC 3501 sections 6.4.5 and 6.4.8. */
function fetchBy(by: 'sequence' | 'uid'): TableEntry {
  return command({
    name: by === 'uid' ? 'UID FETCH' : 'FETCH',
    state: 'selected',
    // Thunderbird overlooks EXISTS and EXPUNGE while it downloads a body by UID; its next NOOP or IDLE hears them.
    sync: by === 'uid' ? 'nothing' : 'no-expunge',
    parse: (d, registry) => parseFetch(d, registry, by),
    async run(context, { messages, attributes, modifiers }) {
      const { session } = context
      if (attributes.some(({ tellsModSeq }) => tellsModSeq === true)) enableModSeqs(context)
      let uids: readonly Uid[] = session.view.resolve(messages, by)
      for (const modifier of modifiers) uids = modifier.narrow(uids, session)
      const missing = await runFetch(context, uids, attributes, by === 'uid')
      // RFC 2180 section 4.1.2; a UID that does not exist is no error.
      if (missing > 0 && by === 'sequence') throw new ImapNo('Some messages are gone', 'EXPUNGEISSUED')
      return { text: 'Fetched' }
    },
  })
}

export const fetchCommands: readonly TableEntry[] = [fetchBy('sequence'), fetchBy('uid')]
