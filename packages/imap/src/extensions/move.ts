import { command, type Extension, type TableEntry } from '../command.ts'
import { copyUid, parseTransfer, stillThere } from '../commands/copy.ts'
import { openTarget, tellsUids } from '../commands/target.ts'
import { ImapNo } from '../errors.ts'

/**
 * MOVE and UID MOVE, RFC 6851.
 *
 * The store moves in one transaction, so the client never sees the messages in both mailboxes. COPYUID goes out
 * untagged and before the EXPUNGEs, because the old UIDs mean nothing once they are gone (section 4.3).
 */
function moveBy(by: 'sequence' | 'uid'): TableEntry {
  return command({
    name: by === 'uid' ? 'UID MOVE' : 'MOVE',
    state: 'selected',
    byNumber: by === 'sequence',
    sync: 'everything',
    parse: parseTransfer,
    async run({ session, respond }, { messages, target }) {
      if (session.readOnly) throw new ImapNo('Mailbox is read-only')
      const { view, store } = session
      const uids = stillThere(view, view.resolve(messages, by), by)
      const mailbox = await openTarget(store, target)
      if (uids.length === 0) return { text: 'Nothing to move' }
      const moved = await store.move(view.mailbox.id, uids, mailbox.id)
      await view.index.forget(moved.from)
      if (moved.from.length > 0 && tellsUids(mailbox)) respond.ok(copyUid(moved), 'Moved')
      return { text: 'Move completed', expunged: moved.from.length > 0, made: { mailbox: mailbox.id, uids: moved.to } }
    },
  })
}

export const move: Extension = {
  capability: 'MOVE',
  rfc: 6851,
  summary: 'Moves messages to another mailbox in one step',
  commands: [moveBy('sequence'), moveBy('uid')],
}
