import type { Uid } from '@mailstead/store'
import type { ImapDecoder, SequenceSet } from '@mailstead/wire'
import { command, type Extension, type TableEntry } from '../command.ts'
import { newMessage, openSink, parseMessage, parseOptions } from '../commands/append-message.ts'
import { appendUid } from '../commands/append.ts'
import { stillThere } from '../commands/copy.ts'
import { asMissingTarget } from '../commands/target.ts'
import { ImapNo } from '../errors.ts'
import type { Selected } from '../session.ts'

/**
 * REPLACE and UID REPLACE, RFC 8508: APPEND to any mailbox, and this message expunged, in one transaction. APPENDUID goes
 * out untagged and before the EXPUNGE (section 4.3); whatever fails leaves the old message where it is.
 */
function replaceBy(by: 'sequence' | 'uid'): TableEntry {
  return command({
    name: by === 'uid' ? 'UID REPLACE' : 'REPLACE',
    state: 'selected',
    byNumber: by === 'sequence',
    sync: 'everything',
    // replace = "REPLACE" SP seq-number SP mailbox append-message
    parse(d, registry) {
      const message = parseNumber(d)
      d.mailbox()
      return { message, replacement: parseMessage(d, registry) }
    },
    async literal(context, prefix, literal) {
      const message = parseNumber(prefix)
      if (prefix.atAnnounced) return undefined
      const name = prefix.mailbox()
      const options = parseOptions(prefix, context.peer.registry)
      if (!prefix.atAnnounced) prefix.fail('the message')
      const { session } = context
      const [old] = await session.store.fetch(session.view.mailbox.id, [replaceable(session, message, by)], {})
      return openSink(context, name, literal, { options, freed: old?.size ?? 0 })
    },
    async run({ session, services, respond }, { message, replacement }) {
      const { view, store } = session
      const uid = replaceable(session, message, by)
      const made = newMessage(replacement, services.clock.now())
      const replaced = await store.replace(view.mailbox.id, uid, replacement.staged.mailbox.id, made).catch(asMissingTarget)
      await view.index.forget([uid])
      respond.ok(appendUid(replaced), 'Replacement stored')
      return { text: 'Replaced', expunged: true, made: replaced }
    },
  })
}

/** The one message, its space included. */
function parseNumber(d: ImapDecoder): SequenceSet {
  d.space()
  const set = d.sequenceSet()
  if (set === '$' || set.length > 1 || set[0]?.first !== set[0]?.last) d.fail('one message before here')
  d.space()
  return set
}

/** Asked before the client sends the message, and again when it has. */
function replaceable(session: Selected, message: SequenceSet, by: 'sequence' | 'uid'): Uid {
  if (session.readOnly) throw new ImapNo('Mailbox is read-only')
  const [uid] = stillThere(session.view, session.view.resolve(message, by), by)
  if (uid === undefined) throw new ImapNo('There is no message with this UID', 'NONEXISTENT')
  return uid
}

export const replace: Extension = {
  capability: 'REPLACE',
  rfc: 8508,
  summary: 'A new message takes the place of an old one in one step',
  commands: [replaceBy('sequence'), replaceBy('uid')],
}
