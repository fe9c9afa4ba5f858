import type { EpochMs } from '@mailstead/base'
import type { AccountId } from '@mailstead/store'
import { type MailCommand, parseMail } from '@mailstead/wire'
import { keptParameters } from '../envelope.ts'
import { announced } from '../extensions.ts'
import { releaseAt } from '../hold.ts'
import { nameFirst, say, type SmtpReply, syntaxReply, tooBig } from '../replies.ts'
import type { Session } from '../session.ts'
import { MAIL_ROLES, type Command } from './command.ts'

/** RFC 5321 section 4.1.1.2. Opens a transaction. */
export const mail: Command = {
  verb: 'MAIL',
  syntax: 'MAIL FROM:<address> [parameters]',
  roles: MAIL_ROLES,
  argument: 'any',
  async run(session, argument) {
    const { context, meter } = session
    const enough = meter.mailCommand()
    if (enough !== undefined) return enough
    if (session.helo === undefined) return nameFirst(context.role)
    if (session.transaction !== undefined) return say('nested-mail')
    if (context.draining) return say('shutting-down')
    const submission = context.role === 'submission'
    if (submission && session.identity === undefined) return say(session.passwordAllowed ? 'login-first' : 'tls-first')
    let parsed: MailCommand
    try {
      parsed = parseMail(argument, announced(session))
    } catch (error) {
      return syntaxReply(error, 'sender')
    }
    if ((parsed.size ?? 0) > context.limits.messageSize) return tooBig(context.limits.messageSize)
    const notBefore = releaseAt(parsed, context)
    if (notBefore === 'invalid') return say('bad-release')
    return (await notTheirs(session, parsed)) ?? (await heldTooMuch(session, parsed)) ?? meter.message() ?? open(session, parsed, notBefore)
  },
}

/** Whoever logged in sends as themselves, or as nobody: read receipts have the null reverse-path. */
async function notTheirs(session: Session, { reversePath }: MailCommand): Promise<SmtpReply | undefined> {
  const { identity, context } = session
  if (identity === undefined) return undefined
  const id = identity.account as AccountId
  const account = await context.accounts.account(id)
  if (account?.enabled !== true) return say('relogin')
  if (reversePath === undefined) return undefined
  return (await context.accounts.maySendAs(id, reversePath.localPart, reversePath.domain)) ? undefined : say('foreign-sender')
}

/** RFC 4865 section 6 items 3 to 5. */
async function heldTooMuch({ identity, context }: Session, { hold, size = 0 }: MailCommand): Promise<SmtpReply | undefined> {
  if (hold === undefined || identity === undefined || context.hasRoomToHold === undefined) return undefined
  return (await context.hasRoomToHold(identity.account as AccountId, size)) ? undefined : say('holds-too-much')
}

function open(session: Session, parsed: MailCommand, notBefore: EpochMs | undefined): SmtpReply {
  const { reversePath, size, smtpUtf8 = false } = parsed
  session.visit?.sender(reversePath)
  const delivery = session.context.delivery.begin({
    mailFrom: reversePath,
    parameters: keptParameters(parsed, session.context.clock.now()),
    size,
    origin: session.origin(smtpUtf8),
    ...(notBefore === undefined ? {} : { notBefore }),
    ...(session.tls === undefined ? {} : { tls: session.tls }),
    ...(session.visit === undefined ? {} : { visit: session.visit }),
  })
  session.transaction = { mail: parsed, delivery, counted: [] }
  return say('sender-ok')
}
