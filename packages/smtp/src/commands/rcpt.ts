import { formatAddress, parseRcpt, type RcptCommand } from '@mailstead/wire'
import { announced } from '../extensions.ts'
import { admissionReply, say, syntaxReply } from '../replies.ts'
import type { Command } from './command.ts'

/** RFC 5321 section 4.1.1.3. Every RCPT has its own answer, also when two lead to one mailbox. */
export const rcpt: Command = {
  verb: 'RCPT',
  syntax: 'RCPT TO:<address> [parameters]',
  argument: 'any',
  async run(session, argument) {
    const { transaction, context } = session
    if (transaction === undefined) return say('mail-first')
    if (transaction.chunks !== undefined) return say('chunks-begun')
    let parsed: RcptCommand
    try {
      parsed = parseRcpt(argument, { announced: announced(session), smtpUtf8: transaction.mail.smtpUtf8 === true })
    } catch (error) {
      return syntaxReply(error, 'recipient')
    }
    if (transaction.delivery.recipients >= context.limits.recipients) return say('too-many-recipients')
    const admission = await transaction.delivery.addRecipient(parsed.forwardPath)
    if (admission !== 'admitted')
      session.log.info('recipient refused', {
        recipient: formatAddress(parsed.forwardPath),
        reason: typeof admission === 'string' ? admission : admission.code,
      })
    return admissionReply(admission, context.role)
  },
}
