import { StoreError, type Mailbox } from '@mailstead/store'
import type { ImapDecoder } from '@mailstead/wire'
import {
  command,
  type AppliedParameter,
  noArguments,
  type CommandContext,
  type Registry,
  type Result,
  type TableEntry,
} from '../command.ts'
import { tellName } from '../list-entries.ts'
import type { Responder } from '../responses.ts'
import { deselect, speaksRev2, uidOnly, type Authenticated, type Selected } from '../session.ts'
import { MailboxView } from '../view.ts'

/** SELECT and EXAMINE, RFC 3501 sections 6.3.1 and 6.3.2. */
function selecting(name: 'SELECT' | 'EXAMINE'): TableEntry {
  const readOnly = name === 'EXAMINE'
  return command({
    name,
    state: 'authenticated',
    sync: 'nothing',
    deselects: true,
    // select = "SELECT" SP mailbox [select-params]
    parse(d, registry) {
      d.space()
      return { ...d.writtenMailbox(), parameters: parseSelectParameters(d, registry) }
    },
    check(session, { parameters }) {
      for (const parameter of parameters) parameter.check?.(session)
    },
    async run(context, { name: mailboxName, written, parameters }): Promise<Result> {
      const { session, respond } = context
      const rev2 = speaksRev2(session)
      for (const parameter of parameters) parameter.apply?.(context)
      const mailbox = await session.store.openMailbox(mailboxName, 'read')
      const view = await openView(context, mailbox, readOnly)
      view.keywords.describe(respond)
      respond.exists(view.exists)
      view.describeRecent(respond)
      if (rev2) tellName(respond, mailbox, written)
      else if (!uidOnly(session)) tellUnseen(respond, view)
      respond.ok(`UIDVALIDITY ${mailbox.uidValidity}`, 'UIDs valid')
      respond.ok(`UIDNEXT ${Math.max(mailbox.uidNext, (view.uids.at(-1) ?? 0) + 1)}`, 'Predicted next UID')
      if (context.peer.registry.has('CONDSTORE')) respond.ok(`HIGHESTMODSEQ ${view.highestModSeq}`, 'Highest')
      // RFC 4467 section 10: not where somebody may listen.
      if (context.peer.encrypted && context.peer.registry.has('URLAUTH')) respond.ok('URLMECH INTERNAL', 'Mechanisms')
      for (const code of context.peer.registry.mailboxCodes(mailbox)) respond.ok(code, 'Told')
      const next: Selected = { ...deselect(session), state: 'selected', view, readOnly }
      await follow({ ...context, session: next }, parameters)
      return { code: view.permission.readOnly ? 'READ-ONLY' : 'READ-WRITE', text: `${name} completed`, session: next }
    },
  })
}

// select-params = SP "(" select-param *(SP select-param) ")"
function parseSelectParameters(d: ImapDecoder, registry: Registry): readonly AppliedParameter[] {
  if (d.atEnd) return []
  d.space()
  const names = new Set<string>()
  return d.list(() => {
    const parameter = registry.selectParameter(d.word()) ?? d.fail('a parameter of SELECT before here')
    if (names.has(parameter.name)) d.fail('each parameter once')
    names.add(parameter.name)
    return parameter.parse(d)
  })
}

/** RFC 9051 appendix E leaves it out: to find it costs a look at each message. */
function tellUnseen(respond: Responder, view: MailboxView): void {
  const unseen = view.firstUnseen
  if (unseen > 0) respond.ok(`UNSEEN ${unseen}`, 'First unseen')
}

/** The view is not the session's yet: who fails gives it back. */
async function follow(context: CommandContext<Selected>, parameters: readonly AppliedParameter[]): Promise<void> {
  const { view } = context.session
  try {
    for (const parameter of parameters) await parameter.follow?.(context)
  } catch (error) {
    view.close()
    context.services.indexes.release(view.index)
    throw error
  }
}

/** To be closed, and its index released, by who opens it. */
export async function openView(
  context: CommandContext<Authenticated | Selected>,
  mailbox: Mailbox,
  readOnly: boolean,
): Promise<MailboxView> {
  const { indexes } = context.services
  const { store } = context.session
  const index = await indexes.acquire(store, mailbox)
  try {
    const recentFrom = speaksRev2(context.session) ? undefined : await store.recent(mailbox.id, !readOnly)
    return new MailboxView(index, mailbox, recentFrom, readOnly)
  } catch (error) {
    indexes.release(index)
    throw error
  }
}

/** CLOSE, RFC 3501 section 6.4.2: expunges without a word, and gives the mailbox up. */
const close: TableEntry = command({
  name: 'CLOSE',
  state: 'selected',
  sync: 'nothing',
  parse: noArguments,
  async run({ session }) {
    // RFC 4314 section 4: without the right it only closes.
    if (!session.readOnly) await session.store.expunge(session.view.mailbox.id).catch(unlessNotPermitted)
    return { text: 'Closed', session: deselect(session) }
  },
})

function unlessNotPermitted(error: unknown): void {
  if (!(error instanceof StoreError) || (error.code !== 'not-permitted' && error.code !== 'mailbox-not-found')) throw error
}

export const selectCommands: readonly TableEntry[] = [selecting('SELECT'), selecting('EXAMINE'), close]
