import type { MessageRow } from '@mailstead/store'
import type { ImapDecoder } from '@mailstead/wire'
import type { Extension } from '../command.ts'
import { plainItem } from '../fetch/item.ts'
import type { SearchKey } from '../search/key.ts'
import { ofRow } from '../search/row-keys.ts'

/** RFC 8474 section 5.2: no id may mean an email and a thread; section 8.1: a letter in front keeps them from being taken for numbers. */
const mailboxId = ({ id }: { readonly id: number }): string => `F${id}`
const emailId = ({ emailId: id }: MessageRow): string => `M${id}`
const threadId = ({ threadId: id }: MessageRow): string => `T${id}`

// objectid = 1*255(ALPHA / DIGIT / "_" / "-")
function objectId(d: ImapDecoder): string {
  d.space()
  const id = d.atom()
  return /^[A-Za-z0-9_-]{1,255}$/.test(id) ? id : d.fail('an object id before here')
}

function idKey(name: string, idOf: (row: MessageRow) => string): SearchKey {
  return {
    name,
    parse({ d }) {
      const id = objectId(d)
      return ofRow((row) => idOf(row) === id)
    },
  }
}

/** RFC 8474. The store keeps the ids of emails and threads over COPY and MOVE, and uses none twice. */
export const objectid: Extension = {
  capability: 'OBJECTID',
  rfc: 8474,
  summary: 'Ids of mailboxes, messages and threads that outlive renaming, copying and moving',
  mailboxCode: (mailbox) => `MAILBOXID (${mailboxId(mailbox)})`,
  statusItems: [{ name: 'MAILBOXID', value: (mailbox) => `(${mailboxId(mailbox)})` }],
  fetchItems: [
    plainItem({ label: 'EMAILID', wants: {}, value: ({ row }) => `(${emailId(row)})` }),
    plainItem({ label: 'THREADID', wants: {}, value: ({ row }) => `(${threadId(row)})` }),
  ],
  searchKeys: [idKey('EMAILID', emailId), idKey('THREADID', threadId)],
}
