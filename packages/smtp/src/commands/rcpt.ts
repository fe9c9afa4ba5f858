import { isRefused } from '@mailstead/delivery'
import { formatAddress, parseRcpt, type RcptCommand } from '@mailstead/wire'
import { announced } from '../extensions.ts'
import { admissionReply, say, syntaxReply, type SmtpReply } from '../replies.ts'
import type { OpenTransaction, Session } from '../session.ts'
import { MAIL_ROLES, type Command } from './command.ts'

/** RFC 5321 section 4.1.1.3. Every RCPT has its own answer, also when two lead to one mailbox. */
export const rcpt: Command = {
  verb: 'RCPT',
  syntax: 'RCPT TO:<address> [parameters]',
  roles: MAIL_ROLES,
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
    return session.meter.recipient(parsed.forwardPath) ?? admit(session, transaction, parsed)
  },
}

async function admit(
  session: Session,
  { delivery, counted }: OpenTransaction,
  { forwardPath, ...parameters }: RcptCommand,
): Promise<SmtpReply> {
  const { meter, log, context } = session
  const count = meter.sending()
  if (count !== undefined && 'code' in count) return count
  if (count !== undefined) counted.push(count)
  const admission = await delivery.addRecipient(forwardPath, parameters)
  meter.answered(admission)
  if (isRefused(admission)) {
    count?.giveBack()
    log.info('recipient refused', {
      recipient: formatAddress(forwardPath),
      reason: typeof admission === 'string' ? admission : admission.code,
    })
  }
  return admissionReply(admission, context.role)
}
