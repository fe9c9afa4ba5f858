import { mayDo } from '@mailstead/store'
import type { Extension, StatusItem } from '../command.ts'
import { printStatus, statusItems } from '../commands/status.ts'

/** RFC 5819: STATUS responses with LIST, instead of a STATUS command a mailbox. */
export const listStatus: Extension = {
  capability: 'LIST-STATUS',
  rfc: 5819,
  summary: 'LIST brings STATUS along',
  needs: ['LIST-EXTENDED'],
  listReturns: [
    {
      name: 'STATUS',
      parse(d, registry) {
        d.space()
        return statusItems(d, registry)
      },
      follow(context, mailbox, items) {
        // RFC 5819 section 2: without an answer for those that may not be asked.
        return mayDo(mailbox.rights, 'read') ? printStatus(context, mailbox, items as readonly StatusItem[]) : undefined
      },
    },
  ],
}
