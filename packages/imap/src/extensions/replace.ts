import type { Uid } from '@mailstead/store'
import type { ImapDecoder, SequenceSet } from '@mailstead/wire'
import { command, type Extension, type TableEntry } from '../command.ts'
import { makeReady, parseMessage, takeLiteral } from '../commands/append-message.ts'
import { appendUid } from '../commands/append.ts'
import { stillThere } from '../commands/copy.ts'
import { asMissingTarget, tellsUids } from '../commands/target.ts'
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
      return { message, name: d.mailbox(), replacement: parseMessage(d, registry) }
    },
    async literal(context, prefix, literal, carried) {
      const message = parseNumber(prefix)
      if (prefix.atAnnounced) return undefined
      const name = prefix.mailbox()
      const freed = await sizeOf(context.session, replaceable(context.session, message, by))
      return takeLiteral(context, name, prefix, literal, carried, { several: false, freed })
    },
    async run(context, { message, name, replacement }) {
      const { view, store } = context.session
      const uid = replaceable(context.session, message, by)
      const { mailbox, list, release } = await makeReady(context, name, [replacement], { freed: await sizeOf(context.session, uid) })
      try {
        const replaced = await store.replace(view.mailbox.id, uid, mailbox.id, list[0]).catch(asMissingTarget)
        await view.index.forget([uid])
        if (tellsUids(mailbox)) context.respond.ok(appendUid(replaced), 'Replacement stored')
        return { text: 'Replaced', expunged: true, made: replaced }
      } finally {
        await release()
      }
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

/** Octets that leave the account with it. */
async function sizeOf({ store, view }: Selected, uid: Uid): Promise<number> {
  const [old] = await store.fetch(view.mailbox.id, [uid], {})
  return old?.size ?? 0
}

export const replace: Extension = {
  capability: 'REPLACE',
  rfc: 8508,
  summary: 'A new message takes the place of an old one in one step',
  commands: [replaceBy('sequence'), replaceBy('uid')],
}
