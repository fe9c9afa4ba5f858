import { command, type Extension } from '../command.ts'
import { ImapNo } from '../errors.ts'

/** UID EXPUNGE, RFC 4315 section 2.1. APPENDUID and COPYUID stand in the replies of APPEND, COPY and MOVE. */
export const uidplus: Extension = {
  capability: 'UIDPLUS',
  rfc: 4315,
  summary: 'UID EXPUNGE, and the new UIDs in the replies of APPEND, COPY and MOVE',
  commands: [
    command({
      name: 'UID EXPUNGE',
      state: 'selected',
      sync: 'everything',
      parse(d) {
        d.space()
        return d.sequenceSet()
      },
      async run({ session }, messages) {
        if (session.readOnly) throw new ImapNo('Mailbox is read-only')
        const { view, store } = session
        const uids = view.resolve(messages, 'uid')
        const gone = uids.length > 0 ? await store.expunge(view.mailbox.id, { uids }) : []
        await view.index.forget(gone)
        return { text: 'Expunged', expunged: gone.length > 0 }
      },
    }),
  ],
}
