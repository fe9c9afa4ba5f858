import { parseHeloName } from '@mailstead/wire'
import { offered } from '../extensions.ts'
import { reply, say, type SmtpReply } from '../replies.ts'
import type { Session } from '../session.ts'
import type { Command } from './command.ts'

/** RFC 5321 section 4.1.1.1; in the middle of a transaction it is a RSET too (section 4.1.4). */
function greet(session: Session, argument: string, extended: boolean): SmtpReply {
  const name = parseHeloName(argument)
  if (name === undefined) return say('helo-syntax')
  session.reset()
  session.helo = { name: name.name, extended }
  session.wire.greeted(name.name)
  const { hostName } = session.context
  return reply(250, undefined, hostName, ...(extended ? offered(session) : []))
}

export const ehlo: Command = {
  verb: 'EHLO',
  syntax: 'EHLO name',
  argument: 'any',
  run: (session, argument) => greet(session, argument, true),
}

export const helo: Command = {
  verb: 'HELO',
  syntax: 'HELO name',
  argument: 'any',
  run: (session, argument) => greet(session, argument, false),
}
