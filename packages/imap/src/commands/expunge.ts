import { command, noArguments, type TableEntry } from '../command.ts'
import { ImapNo } from '../errors.ts'
import { refresh } from './refresh.ts'

/** EXPUNGE, RFC 3501 section 6.4.3. The sync that follows prints the numbers. */
const expunge: TableEntry = command({
  name: 'EXPUNGE',
  state: 'selected',
  sync: 'everything',
  parse: noArguments,
  async run({ session }) {
    if (session.readOnly) throw new ImapNo('Mailbox is read-only')
    const { view, store } = session
    const gone = await store.expunge(view.mailbox.id)
    await view.index.forget(gone)
    return { text: 'Expunged', expunged: gone.length > 0 }
  },
})

/** CHECK, RFC 3501 section 6.4.1: everything answered is on disk already, so this only looks for news. */
const check: TableEntry = command({
  name: 'CHECK',
  state: 'selected',
  sync: 'everything',
  parse: noArguments,
  async run({ session, respond }) {
    await refresh(session, respond)
    return { text: 'Checked' }
  },
})

export const expungeCommands: readonly TableEntry[] = [expunge, check]
