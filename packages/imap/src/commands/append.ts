import type { AppendedUids } from '@mailstead/store'
import { formatSet } from '@mailstead/wire'
import { command, type TableEntry } from '../command.ts'
import { makeReady, parseMessage, takeLiteral, type AppendMessage } from './append-message.ts'
import { tellName } from '../list-entries.ts'
import { speaksRev2 } from '../session.ts'
import { asMissingTarget, tellsUids } from './target.ts'

/**
 * APPEND, RFC 3501 section 6.3.11. Whether the mailbox is there and the message fits is said before the client sends
 * it; its octets are stored exactly as they come, with or without a last line end. With MULTIAPPEND (RFC 3502) it takes
 * several messages: all of them are stored, or none.
 */
export const append: TableEntry = command({
  name: 'APPEND',
  state: 'authenticated',
  sync: 'everything',
  overlaps: true,
  // append = "APPEND" SP mailbox 1*append-message
  parse(d, registry) {
    d.space()
    const { name, written } = d.writtenMailbox()
    const messages: [AppendMessage, ...AppendMessage[]] = [parseMessage(d, registry)]
    while (!d.atEnd && registry.has('MULTIAPPEND')) messages.push(parseMessage(d, registry))
    return { name, written, messages }
  },
  async literal(context, prefix, literal, carried) {
    prefix.space()
    if (prefix.atAnnounced) return undefined
    return takeLiteral(context, prefix.mailbox(), prefix, literal, carried, { several: context.peer.registry.has('MULTIAPPEND') })
  },
  async run(context, { name, written, messages }) {
    const { session, respond } = context
    const { mailbox, list, release } = await makeReady(context, name, messages)
    try {
      const appending = session.store.append(mailbox.id, list)
      context.letNext?.()
      const appended = await appending.catch(asMissingTarget)
      if (speaksRev2(session) && written !== mailbox.name) tellName(respond, mailbox, written)
      return { ...(tellsUids(mailbox) ? { code: appendUid(appended) } : {}), text: 'Appended', made: appended }
    } finally {
      await release()
    }
  },
})

/** RFC 4315 section 3, with a set as RFC 3502 has it. */
export function appendUid({ uidValidity, uids }: AppendedUids): string {
  return `APPENDUID ${uidValidity} ${formatSet(uids)}`
}
