import { noRecipients, reply, say } from '../replies.ts'
import { MAIL_ROLES, type Command } from './command.ts'

/** RFC 5321 section 4.1.1.4. The answer follows the commit. */
export const data: Command = {
  verb: 'DATA',
  syntax: 'DATA',
  roles: MAIL_ROLES,
  argument: 'none',
  async run(session) {
    const { transaction, wire } = session
    if (transaction === undefined) return say('mail-first')
    // RFC 3030 section 2: the two are not mixed in one transaction.
    if (transaction.chunks !== undefined) return say('chunks-begun')
    // RFC 3030 section 3: a binary message comes in chunks.
    if (transaction.mail.body === 'BINARYMIME') return say('binary-by-chunks')
    if (transaction.delivery.recipients === 0) return noRecipients(session.context.role)
    const incoming = session.begin(transaction)
    wire.reply(reply(354, undefined, 'End data with <CRLF>.<CRLF>'))
    try {
      const end = await wire.receive(incoming.message)
      return end.kind === 'lost' ? undefined : await session.concluded(transaction, incoming.conclude(end.defect))
    } finally {
      session.reset()
    }
  },
}
