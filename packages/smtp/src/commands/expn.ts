import { addressHasUtf8, formatAddress, parseMailbox, SmtpSyntaxError, type SmtpAddress } from '@mailstead/wire'
import { reply, say, type SmtpReply, syntaxReply } from '../replies.ts'
import type { Session } from '../session.ts'
import { MAIL_ROLES, type Command } from './command.ts'

/** RFC 5321 section 4.1.1.7: whom an alias or a group leads to. Only where the listener's policy has it, and never told to strangers. */
export const expn: Command = {
  verb: 'EXPN',
  roles: MAIL_ROLES,
  argument: 'any',
  async run(session, argument) {
    const { context, identity, passwordAllowed } = session
    if (context.expn !== true || context.role === 'mx') return say('not-implemented')
    if (context.role === 'submission' && identity === undefined) return say(passwordAllowed ? 'login-first' : 'tls-first')
    try {
      const [, list = '', utf8] = /^(.*?)( +SMTPUTF8)?$/i.exec(argument) ?? []
      return await expand(session, parseMailbox(list.replace(/^<(.*)>$/, '$1')), utf8 !== undefined)
    } catch (error) {
      if (!(error instanceof SmtpSyntaxError)) throw error
      return syntaxReply(error, 'recipient')
    }
  },
}

/** `utf8`: the client takes it in this reply; else it is not told where the alias leads (RFC 6531 section 3.7.4.2). */
async function expand({ context }: Session, address: SmtpAddress, utf8: boolean): Promise<SmtpReply> {
  const found = await context.accounts.resolve(address.localPart, address.domain)
  if (found.kind === 'group') {
    const { targets } = found.group
    return targets.some((target) => /[^\u0000-\u007f]/.test(target)) && !utf8
      ? say('utf8-needed')
      : reply(250, '2.1.5', ...targets.map((target) => `<${target}>`))
  }
  if (found.kind !== 'local') return say('no-such-list')
  const owned = formatAddress(found.recipient.account)
  if (found.recipient.address === owned) return say('no-list')
  return addressHasUtf8(found.recipient.account) && !utf8 ? say('utf8-needed') : reply(250, '2.1.5', `<${owned}>`)
}
