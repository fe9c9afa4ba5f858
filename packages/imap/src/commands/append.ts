import type { AppendedUids } from '@mailstead/store'
import { formatSet } from '@mailstead/wire'
import { command, type TableEntry } from '../command.ts'
import { newMessage, openSink, parseMessage, parseOptions, parseStaged, type AppendMessage } from './append-message.ts'
import { tellName } from '../list-entries.ts'
import { speaksRev2 } from '../session.ts'
import { asMissingTarget } from './target.ts'

/**
 * APPEND, RFC 3501 section 6.3.11. Whether the mailbox is there and the message fits is said before the client sends
 * it; its octets are stored exactly as they come, with or without a last line end. With MULTIAPPEND (RFC 3502) it takes
 * several messages: all of them are stored, or none.
 */
export const append: TableEntry = command({
  name: 'APPEND',
  state: 'authenticated',
  sync: 'everything',
  // append = "APPEND" SP mailbox 1*append-message
  parse(d, registry) {
    d.space()
    const { written } = d.writtenMailbox()
    const messages = [parseMessage(d, registry)] as [AppendMessage, ...AppendMessage[]]
    while (!d.atEnd && registry.has('MULTIAPPEND')) messages.push(parseMessage(d, registry))
    return { written, messages }
  },
  async literal(context, prefix, literal) {
    const { registry } = context.peer
    prefix.space()
    if (prefix.atAnnounced) return undefined
    const name = prefix.mailbox()
    const earlier: AppendMessage[] = []
    let options = parseOptions(prefix, registry)
    while (registry.has('MULTIAPPEND') && prefix.atLiteral && !prefix.atAnnounced) {
      earlier.push(parseStaged(prefix, registry, options))
      options = parseOptions(prefix, registry)
    }
    if (!prefix.atAnnounced) prefix.fail('the message')
    return openSink(context, name, literal, { options, earlier })
  },
  async run({ session, services, respond }, { written, messages }) {
    const now = services.clock.now()
    const list = messages.map((message) => newMessage(message, now))
    const { mailbox } = messages[0].staged
    const appended = await session.store.append(mailbox.id, list).catch(asMissingTarget)
    if (speaksRev2(session) && written !== mailbox.name) tellName(respond, mailbox, written)
    return { code: appendUid(appended), text: 'Appended', made: appended }
  },
})

/** RFC 4315 section 3, with a set as RFC 3502 has it. */
export function appendUid({ uidValidity, uids }: AppendedUids): string {
  return `APPENDUID ${uidValidity} ${formatSet(uids)}`
}
