import { parseHeloName } from '@mailstead/wire'
import { offered } from '../extensions.ts'
import { reply, say, type SmtpReply } from '../replies.ts'
import type { Role } from '../role.ts'
import type { Session } from '../session.ts'
import type { Command } from './command.ts'

/** RFC 5321 section 4.1.1.1; in the middle of a transaction it is a RSET too (section 4.1.4). */
function greet(session: Session, argument: string, extended: boolean): SmtpReply {
  const name = parseHeloName(argument)
  if (name === undefined) return say('helo-syntax')
  session.reset()
  session.helo = { name: name.name, extended }
  session.wire.greeted(name.name)
  session.visit?.helo(name.name)
  const { hostName } = session.context
  return reply(250, undefined, hostName, ...(extended ? offered(session) : []))
}

/** A mail server that takes LMTP for SMTP, or the other way round, is told so at once (RFC 2033 section 4.1). */
const SMTP: readonly Role[] = ['mx', 'submission']

const greeting = (verb: string, roles: readonly Role[], extended: boolean): Command => ({
  verb,
  syntax: `${verb} name`,
  roles,
  argument: 'any',
  run: (session, argument) => greet(session, argument, extended),
})

export const greetings: readonly Command[] = [
  greeting('EHLO', [...SMTP, 'odmr'], true),
  greeting('HELO', SMTP, false),
  greeting('LHLO', ['lmtp'], true),
]
