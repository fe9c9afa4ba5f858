import type { Uid } from '@mailstead/store'
import type { SequenceSet } from '@mailstead/wire'
import { command, type CommandContext, type TableEntry } from '../command.ts'
import { ImapBad, ImapNo } from '../errors.ts'
import type { AppliedModifier } from '../fetch/modifier.ts'
import { parseFetch } from '../fetch/parse.ts'
import { runFetch } from '../fetch/run.ts'
import { enableModSeqs, resyncs } from '../modseq.ts'
import type { Selected } from '../session.ts'
import { tellVanished } from '../vanished.ts'

/** FETCH and UID FETCH, RFC 3501 sections 6.4.5 and 6.4.8. */
function fetchBy(by: 'sequence' | 'uid'): TableEntry {
  return command({
    name: by === 'uid' ? 'UID FETCH' : 'FETCH',
    state: 'selected',
    byNumber: by === 'sequence',
    // Thunderbird overlooks EXISTS and EXPUNGE while it downloads a body by UID; its next NOOP or IDLE hears them.
    sync: by === 'uid' ? 'nothing' : 'no-expunge',
    parse: (d, registry) => parseFetch(d, registry, by),
    async run(context, { messages, attributes, modifiers }) {
      const { session } = context
      if (attributes.some(({ tellsModSeq }) => tellsModSeq === true)) enableModSeqs(context)
      if (modifiers.some(({ tellsVanished: asked }) => asked === true)) await tellGone(context, messages, modifiers)
      let uids: readonly Uid[] = session.view.resolve(messages, by)
      for (const modifier of modifiers) uids = modifier.narrow(uids, session)
      const missing = await runFetch(context, uids, attributes, by === 'uid')
      // RFC 2180 section 4.1.2; a UID that does not exist is no error.
      if (missing > 0 && by === 'sequence') throw new ImapNo('Some messages are gone', 'EXPUNGEISSUED')
      return { text: 'Fetched' }
    },
  })
}

/** RFC 7162 section 3.2.6: in front of the FETCH responses. */
async function tellGone(context: CommandContext<Selected>, messages: SequenceSet, modifiers: readonly AppliedModifier[]): Promise<void> {
  const since = modifiers.find((modifier) => modifier.since !== undefined)?.since
  if (since === undefined) throw new ImapBad('VANISHED needs CHANGEDSINCE')
  if (!resyncs(context.session)) throw new ImapBad('ENABLE QRESYNC first')
  // Who is saved as $ is still there.
  if (messages !== '$') await tellVanished(context, messages, since)
}

export const fetchCommands: readonly TableEntry[] = [fetchBy('sequence'), fetchBy('uid')]
