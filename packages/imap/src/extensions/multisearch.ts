import { mayDo, StoreError, type Mailbox, type Uid } from '@mailstead/store'
import type { ImapDecoder } from '@mailstead/wire'
import { command, type CommandContext, type Extension, type Registry } from '../command.ts'
import { requireUtf8 } from '../commands/search.ts'
import { openView } from '../commands/select.ts'
import { ImapBad, ImapNo } from '../errors.ts'
import { filteredAs, mailboxSpecifier, type MailboxSpecifier } from '../mailbox-filter.ts'
import { enableModSeqs } from '../modseq.ts'
import { parseProgram, type SearchArguments } from '../search/parse.ts'
import { Relevancy, requireFuzzy } from '../search/relevancy.ts'
import { forgetSaved, respondFound } from '../search/respond.ts'
import { returnAll, type ReturnItem } from '../search/return.ts'
import { runSearch } from '../search/run.ts'
import { beginUpdates } from '../search/updates.ts'
import { deselect, type Authenticated, type Selected } from '../session.ts'

type Context = CommandContext<Authenticated | Selected>

interface Arguments extends SearchArguments {
  readonly sources: readonly MailboxSpecifier[]
}

// esearch = "ESEARCH" [SP esearch-source-opts] [SP search-return-opts] SP search-program
function parse(d: ImapDecoder, registry: Registry): Arguments {
  d.space()
  const sources = d.skipWord('IN') ? parseSources(d) : (['selected'] as const)
  return { sources, ...parseProgram(d, registry, { beyondTheEnd: true }) }
}

// esearch-source-opts = "IN" SP "(" source-mbox [SP "(" scope-options ")"] ")" ; there are no scope-options
function parseSources(d: ImapDecoder): readonly MailboxSpecifier[] {
  d.space()
  const sources = d.list(() => mailboxSpecifier(d, { subtreeOne: true }))
  if (sources.includes('selected-delayed')) d.fail('mailboxes to search before here')
  d.space()
  return sources
}

/** RFC 7377 section 2.2. */
function check({ session }: Context, sources: readonly MailboxSpecifier[], returns: readonly ReturnItem[]): void {
  const selected = session.state === 'selected'
  if (!selected && sources.includes('selected')) throw new ImapBad('Select a mailbox first')
  if (returns.some(({ saves }) => saves === true) && sources.some((source) => source !== 'selected')) {
    throw new ImapBad('SAVE needs the selected mailbox, and no other')
  }
  if (!selected && returns.some(({ updates }) => updates !== undefined)) throw new ImapBad('UPDATE needs a selected mailbox')
}

/** Each once, the selected one first if it is named so; those that the client may not read are passed over. */
async function mailboxesOf({ session, services }: Context, sources: readonly MailboxSpecifier[]): Promise<readonly Mailbox[]> {
  const { store, account } = session
  const selected =
    session.state === 'selected' && sources.includes('selected') ? await store.mailboxById(session.view.mailbox.id) : undefined
  const filters = sources.filter((source) => typeof source !== 'string')
  const listed = filters.length === 0 ? [] : await store.listMailboxes()
  const others = listed.filter((mailbox) => {
    const { id, messages, rights } = mailbox
    const filtered = filteredAs(mailbox, account)
    return id !== selected?.id && messages > 0 && mayDo(rights, 'read') && filters.some((filter) => filter.includes(filtered))
  })
  if (others.length > services.limits.searchedMailboxes) throw new ImapNo('Too many mailboxes to search at once', 'LIMIT')
  return selected === undefined ? others : [selected, ...others]
}

/** As the client sees it if it is the selected one, otherwise as it is. */
async function searchMailbox(context: Context, mailbox: Mailbox, args: Arguments, returns: readonly ReturnItem[]): Promise<void> {
  const { session, services } = context
  if (session.state === 'selected' && session.view.mailbox.id === mailbox.id) {
    const own = { ...context, session }
    const updates = beginUpdates(own, returns)
    const found = await tellFound(own, mailbox, args, returns)
    updates?.add(own, { by: 'uid', request: args, where: whereabouts(context, mailbox) }, returns, found)
    return
  }
  const view = await openView(context, mailbox, true)
  try {
    await tellFound({ ...context, session: { ...deselect(session), state: 'selected', view, readOnly: true } }, mailbox, args, returns)
  } finally {
    view.close()
    services.indexes.release(view.index)
  }
}

/** Section 2.1: one response for a mailbox, and none where nothing was found. */
async function tellFound(
  context: CommandContext<Selected>,
  mailbox: Mailbox,
  { asksModSeq = false, relevancy, ...request }: Arguments,
  returns: readonly ReturnItem[],
): Promise<readonly Uid[]> {
  // UIDs of one mailbox say nothing about another.
  const own = relevancy === undefined ? undefined : new Relevancy()
  const found = await runSearch(context, { ...request, relevancy: own })
  if (found.length > 0) {
    await respondFound(context, 'SEARCH', 'uid', found, returns, { asksModSeq, relevancy: own }, whereabouts(context, mailbox))
  }
  return found
}

function whereabouts({ respond }: Pick<Context, 'respond'>, { name, uidValidity }: Mailbox): string {
  return ` MAILBOX ${respond.mailbox(name)} UIDVALIDITY ${uidValidity}`
}

/** RFC 7377: one mailbox after the other, each with its turns for others; the selected one stays selected. */
export const multisearch: Extension = {
  capability: 'MULTISEARCH',
  rfc: 7377,
  summary: 'Searches many mailboxes with one command',
  needs: ['ESEARCH'],
  commands: [
    command({
      name: 'ESEARCH',
      state: 'authenticated',
      sync: 'everything',
      parse,
      async run(context, args) {
        const { session } = context
        const { sources, returns: asked, refused, namesCharset, asksModSeq, namesNumbers } = args
        const returns = asked ?? [returnAll]
        requireUtf8(session, namesCharset)
        check(context, sources, returns)
        requireFuzzy(args.relevancy, returns)
        try {
          if (refused !== undefined) throw refused
          if (asksModSeq === true) enableModSeqs(context)
          for (const mailbox of await mailboxesOf(context, sources)) {
            await searchMailbox(context, mailbox, args, returns).catch(unlessGone)
          }
        } catch (error) {
          if (session.state === 'selected') forgetSaved(session, returns, error)
          throw error
        }
        return { text: 'Searched', ...(namesNumbers === true ? { sync: 'no-expunge' as const } : {}) }
      },
    }),
  ],
}

/** It was removed, or made unreadable, meanwhile. */
function unlessGone(error: unknown): void {
  if (!(error instanceof StoreError) || (error.code !== 'mailbox-not-found' && error.code !== 'not-permitted')) throw error
}
