import type { FlagMode, Uid } from '@mailstead/store'
import type { ImapDecoder, SequenceSet } from '@mailstead/wire'
import { command, type CommandContext, type TableEntry } from '../command.ts'
import { ImapNo } from '../errors.ts'
import { flagsFrom } from '../flags.ts'
import { LINES_A_STEP, Pace } from '../pace.ts'
import type { Selected } from '../session.ts'

interface StoreArguments {
  readonly messages: SequenceSet
  readonly mode: FlagMode
  readonly silent: boolean
  readonly flags: readonly string[]
}

const ITEMS: ReadonlyMap<string, { readonly mode: FlagMode; readonly silent: boolean }> = new Map([
  ['FLAGS', { mode: 'replace', silent: false }],
  ['FLAGS.SILENT', { mode: 'replace', silent: true }],
  ['+FLAGS', { mode: 'add', silent: false }],
  ['+FLAGS.SILENT', { mode: 'add', silent: true }],
  ['-FLAGS', { mode: 'remove', silent: false }],
  ['-FLAGS.SILENT', { mode: 'remove', silent: true }],
])

/** STORE and UID STORE, RFC 3501 section 6.4.6. */
function storeBy(by: 'sequence' | 'uid'): TableEntry {
  return command({
    name: by === 'uid' ? 'UID STORE' : 'STORE',
    state: 'selected',
    sync: by === 'uid' ? 'everything' : 'no-expunge',
    parse: parseStore,
    async run(context, { messages, mode, silent, flags }) {
      const { session, respond } = context
      if (session.readOnly) throw new ImapNo('Mailbox is read-only')
      const { view } = session
      const uids = view.resolve(messages, by)
      if (uids.length === 0) return { text: 'Nothing to store' }
      const { modSeq, changed } = await session.store.changeFlags(view.mailbox.id, uids, { mode, flags: flagsFrom(flags) })
      // Where nothing changed, the modseq is of an act that this client may not have been told of.
      if (changed) {
        view.silence(modSeq, uids)
        await view.index.reach(modSeq)
      }
      view.tellKeywords(respond)
      const left = uids.filter((uid) => view.isThere(uid))
      if (!silent) await tellFlags(context, left, by === 'uid')
      // RFC 2180 section 4.2: the client learns soon why a message it named did not answer.
      return left.length === uids.length ? { text: 'Stored' } : { code: 'EXPUNGEISSUED', text: 'Some messages are gone' }
    },
  })
}

// store = "STORE" SP sequence-set SP store-att-flags;  store-att-flags = … (flag-list / (flag *(SP flag)))
function parseStore(d: ImapDecoder): StoreArguments {
  d.space()
  const messages = d.sequenceSet()
  d.space()
  const { mode, silent } = ITEMS.get(d.word()) ?? d.fail('FLAGS, +FLAGS or -FLAGS before here')
  d.space()
  return { messages, mode, silent, flags: d.peek() === '(' ? d.flagList() : bareFlags(d) }
}

function bareFlags(d: ImapDecoder): string[] {
  const flags = [d.flag()]
  while (d.skip(' ')) flags.push(d.flag())
  return flags
}

/** What the flags are now, of every message named, changed or not. */
async function tellFlags({ session, respond }: CommandContext<Selected>, uids: readonly Uid[], byUid: boolean): Promise<void> {
  const pace = new Pace(respond)
  let lines = 0
  for (const uid of uids) {
    respond.flags(session.view.numberOf(uid), session.view.flagsOf(uid), byUid ? uid : undefined)
    if (++lines % LINES_A_STEP === 0) await pace.pause()
  }
}

export const storeCommands: readonly TableEntry[] = [storeBy('sequence'), storeBy('uid')]
