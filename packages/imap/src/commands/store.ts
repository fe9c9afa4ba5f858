import type { FlagMode, ModSeq, Uid } from '@mailstead/store'
import { formatSet, type ImapDecoder, type SequenceSet } from '@mailstead/wire'
import { command, type CommandContext, type Registry, type Result, type TableEntry } from '../command.ts'
import { ImapNo } from '../errors.ts'
import { flagsFrom } from '../flags.ts'
import { enableModSeqs, knowsModSeqs } from '../modseq.ts'
import { LINES_A_STEP, Pace } from '../pace.ts'
import type { Selected } from '../session.ts'
import type { StoreCondition } from './store-modifier.ts'

interface StoreArguments {
  readonly messages: SequenceSet
  readonly mode: FlagMode
  readonly silent: boolean
  readonly flags: readonly string[]
  readonly condition: StoreCondition
}

const ITEMS: ReadonlyMap<string, { readonly mode: FlagMode; readonly silent: boolean }> = new Map([
  ['FLAGS', { mode: 'replace', silent: false }],
  ['FLAGS.SILENT', { mode: 'replace', silent: true }],
  ['+FLAGS', { mode: 'add', silent: false }],
  ['+FLAGS.SILENT', { mode: 'add', silent: true }],
  ['-FLAGS', { mode: 'remove', silent: false }],
  ['-FLAGS.SILENT', { mode: 'remove', silent: true }],
])

/** STORE and UID STORE, RFC 3501 section 6.4.6; with UNCHANGEDSINCE, RFC 7162 section 3.1.3. */
function storeBy(by: 'sequence' | 'uid'): TableEntry {
  return command({
    name: by === 'uid' ? 'UID STORE' : 'STORE',
    state: 'selected',
    byNumber: by === 'sequence',
    sync: by === 'uid' ? 'everything' : 'no-expunge',
    parse: parseStore,
    async run(context, { messages, mode, silent, flags, condition }): Promise<Result> {
      const { session, respond } = context
      if (session.readOnly) throw new ImapNo('Mailbox is read-only')
      const { view } = session
      const uids = view.resolve(messages, by)
      const { unchangedSince } = condition
      if (unchangedSince !== undefined) enableModSeqs(context)
      if (uids.length === 0) return { text: 'Nothing to store' }
      const result = await session.store.changeFlags(view.mailbox.id, uids, { mode, flags: flagsFrom(flags), ...condition })
      const modified = new Set(result.modified)
      // Where nothing changed, the modseq is of an act that this client may not have been told of.
      if (result.changed) {
        view.silence(result.modSeq, modified.size === 0 ? uids : uids.filter((uid) => !modified.has(uid)))
        await view.index.reach(result.modSeq)
      }
      // The changes that were faster may not have come here yet.
      if (result.modified.some((uid) => view.modSeqOf(uid) <= (unchangedSince ?? 0))) await view.index.catchUp()
      view.keywords.tellNew(respond)
      const left = uids.filter((uid) => view.isThere(uid))
      await tellStored(context, left, { by, silent, condition, modSeq: result.changed ? result.modSeq : undefined, modified })
      if (modified.size > 0) return { code: modifiedCode(context, by, result.modified), text: 'Conditional STORE failed' }
      // RFC 2180 section 4.2: the client learns soon why a message it named did not answer.
      return left.length === uids.length ? { text: 'Stored' } : { code: 'EXPUNGEISSUED', text: 'Some messages are gone' }
    },
  })
}

function modifiedCode({ session: { view } }: CommandContext<Selected>, by: 'sequence' | 'uid', modified: readonly Uid[]): string {
  return `MODIFIED ${formatSet(by === 'uid' ? modified : modified.map((uid) => view.numberOf(uid)))}`
}

// store = "STORE" SP sequence-set [store-modifiers] SP store-att-flags;  store-att-flags = … (flag-list / (flag *(SP flag)))
function parseStore(d: ImapDecoder, registry: Registry): StoreArguments {
  d.space()
  const messages = d.sequenceSet()
  d.space()
  let condition: StoreCondition | undefined
  if (d.peek() === '(') {
    condition = parseStoreModifiers(d, registry)
    d.space()
  }
  const { mode, silent } = ITEMS.get(d.word()) ?? d.fail('FLAGS, +FLAGS or -FLAGS before here')
  d.space()
  if (d.peek() !== '(') return { messages, mode, silent, flags: bareFlags(d), condition: condition ?? {} }
  const flags = d.flagList()
  // imapflow writes the modifiers behind the flags. Without its condition the act would undo what others did, so it counts there too.
  if (condition === undefined && registry.storeModifier('UNCHANGEDSINCE') !== undefined && d.skip(' ')) {
    condition = parseStoreModifiers(d, registry)
  }
  return { messages, mode, silent, flags, condition: condition ?? {} }
}

// store-modifiers = "(" store-modifier *(SP store-modifier) ")"
function parseStoreModifiers(d: ImapDecoder, registry: Registry): StoreCondition {
  const names = new Set<string>()
  const conditions = d.list(() => {
    const modifier = registry.storeModifier(d.word())
    if (modifier === undefined) return d.fail('a modifier of STORE before here')
    if (names.has(modifier.name)) d.fail('each modifier once')
    names.add(modifier.name)
    return modifier.parse(d)
  })
  return Object.assign({}, ...conditions) as StoreCondition
}

function bareFlags(d: ImapDecoder): string[] {
  const flags = [d.flag()]
  while (d.skip(' ')) flags.push(d.flag())
  return flags
}

/** An act, as far as it decides what the client hears of it. */
interface Stored {
  readonly by: 'sequence' | 'uid'
  readonly silent: boolean
  readonly condition: StoreCondition
  /** Of the messages it changed; `undefined`: none. */
  readonly modSeq: ModSeq | undefined
  /** Left alone, as others were faster. */
  readonly modified: ReadonlySet<Uid>
}

/**
 * What the flags are now, of every message named, changed or not. With .SILENT only what the client cannot know: modseqs, and the
 * flags of messages that failed the condition (RFC 7162 section 3.1.3, examples 3 and 10).
 */
async function tellStored(context: CommandContext<Selected>, uids: readonly Uid[], stored: Stored): Promise<void> {
  const { session, respond } = context
  const { view } = session
  const modSeqs = knowsModSeqs(session)
  if (stored.silent && !modSeqs) return
  const pace = new Pace(respond)
  let lines = 0
  for (const uid of uids) {
    const modSeq = modSeqs ? view.tellModSeq(uid) : undefined
    const message = { number: view.numberOf(uid), uid }
    if (modSeq === undefined || !stored.silent || isNews(uid, modSeq, stored)) {
      respond.flags(message, view.flagsOf(uid), modSeqs || stored.by === 'uid', modSeq)
    } else if (modSeq === stored.modSeq || stored.condition.unchangedSince !== undefined) {
      respond.modSeq(message, modSeq)
    }
    if (++lines % LINES_A_STEP === 0) await pace.pause()
  }
}

/** Others have changed the flags: before the act, so that it was not done, or after it. */
function isNews(uid: Uid, modSeq: ModSeq, { modified, modSeq: own }: Stored): boolean {
  return modified.has(uid) || (own !== undefined && modSeq > own)
}

export const storeCommands: readonly TableEntry[] = [storeBy('sequence'), storeBy('uid')]
