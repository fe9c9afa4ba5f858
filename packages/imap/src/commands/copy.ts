import type { CopiedUids, Uid } from '@mailstead/store'
import { formatSet, type ImapDecoder, type SequenceSet } from '@mailstead/wire'
import { command, type TableEntry } from '../command.ts'
import { ImapNo } from '../errors.ts'
import type { MailboxView } from '../view.ts'
import { openTarget, tellsUids } from './target.ts'

export interface TransferArguments {
  readonly messages: SequenceSet
  readonly target: string
}

/** COPY and UID COPY, RFC 3501 section 6.4.7: all or nothing. */
function copyBy(by: 'sequence' | 'uid'): TableEntry {
  return command({
    name: by === 'uid' ? 'UID COPY' : 'COPY',
    state: 'selected',
    byNumber: by === 'sequence',
    sync: 'everything',
    parse: parseTransfer,
    async run({ session }, { messages, target }) {
      const { view, store } = session
      const uids = stillThere(view, view.resolve(messages, by), by)
      const mailbox = await openTarget(store, target)
      if (uids.length === 0) return { text: 'Nothing to copy' }
      const copied = await store.copy(view.mailbox.id, uids, mailbox.id)
      if (copied.from.length === 0) return { text: 'Nothing to copy' }
      return { ...(tellsUids(mailbox) ? { code: copyUid(copied) } : {}), text: 'Copied', made: { mailbox: mailbox.id, uids: copied.to } }
    },
  })
}

/**
 * What of `uids` can be taken along. RFC 2180 section 4.4.1: by number the client means all of them, so one that is gone
 * ends the command before anything is copied; a UID that does not exist is no error (RFC 3501 section 6.4.8).
 */
export function stillThere(view: MailboxView, uids: readonly Uid[], by: 'sequence' | 'uid'): readonly Uid[] {
  const there = uids.filter((uid) => view.isThere(uid))
  if (there.length < uids.length && by === 'sequence') throw new ImapNo('Some of the messages are gone', 'EXPUNGEISSUED')
  return there
}

// copy = "COPY" SP sequence-set SP mailbox
export function parseTransfer(d: ImapDecoder): TransferArguments {
  d.space()
  const messages = d.sequenceSet()
  d.space()
  return { messages, target: d.mailbox() }
}

/** RFC 4315 section 3. */
export function copyUid({ uidValidity, from, to }: CopiedUids): string {
  return `COPYUID ${uidValidity} ${formatSet(from)} ${formatSet(to)}`
}

export const copyCommands: readonly TableEntry[] = [copyBy('sequence'), copyBy('uid')]
