import type { SpecialUse } from '@mailstead/store'
import { command, type Extension } from '../command.ts'
import { attributesOf, entriesOf, matchingNames } from '../list-entries.ts'
import { parsePlainList } from '../list-pattern.ts'
import { Pace } from '../pace.ts'

/** Gmail's names where they differ from RFC 6154's; both are given. */
const GMAIL: Partial<Record<SpecialUse, string>> = { '\\Junk': '\\Spam', '\\All': '\\AllMail', '\\Flagged': '\\Starred' }

/** XLIST, Gmail's forerunner of SPECIAL-USE: Outlook 2013 and 2016 look for it. Mailboxes only, no levels. */
export const xlist: Extension = {
  capability: 'XLIST',
  rfc: 'Gmail',
  summary: 'The older form of SPECIAL-USE, for Outlook',
  commands: [
    command({
      name: 'XLIST',
      state: 'authenticated',
      sync: 'everything',
      parse: parsePlainList,
      async run({ session, respond }, { reference, pattern }) {
        if (reference === undefined || pattern === undefined) return { text: 'Listed' }
        const entries = entriesOf(await session.store.listMailboxes(), [])
        const matching = await matchingNames(entries, [`${reference}${pattern}`], new Pace(respond))
        for (const entry of entries) {
          if (entry.mailbox === undefined || !matching.has(entry.name)) continue
          const attributes = attributesOf(entry, false)
          if (entry.name === 'INBOX') attributes.push('\\Inbox')
          const gmail = entry.mailbox.specialUse === undefined ? undefined : GMAIL[entry.mailbox.specialUse]
          if (gmail !== undefined) attributes.push(gmail)
          respond.list('XLIST', { attributes, name: entry.name })
        }
        return { text: 'Listed' }
      },
    }),
  ],
}
