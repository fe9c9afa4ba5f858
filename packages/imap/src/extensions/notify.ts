import { command, type Extension } from '../command.ts'
import { refresh } from '../commands/refresh.ts'
import { enableModSeqs } from '../modseq.ts'
import { Notifier } from '../notify/notifier.ts'
import { NOTHING, parseNotify } from '../notify/parse.ts'

/** RFC 5465: a client says which news it wants, of which mailboxes, and is told at any time. */
export const notify: Extension = {
  capability: 'NOTIFY',
  rfc: 5465,
  summary: 'Tells of changes in any mailbox as they happen, also without a command; clients choose which',
  commands: [
    command({
      name: 'NOTIFY',
      state: 'authenticated',
      sync: 'everything',
      parse: parseNotify,
      async run(context, request) {
        const { session, respond, peer } = context
        if (request !== NOTHING) {
          // Section 3.1: an implicit NOOP, under the rules until now.
          await refresh(session, respond)
          await peer.push()
        }
        if (session.state === 'selected' && session.view.gone) return { text: 'There is no mailbox any more' }
        if (request.selected.attributes.some(({ tellsModSeq }) => tellsModSeq === true)) enableModSeqs(context)
        const news = await Notifier.open(context, request)
        session.metadata.want(news.metadata)
        return { text: 'Noted', session: { ...session, news } }
      },
    }),
  ],
}
