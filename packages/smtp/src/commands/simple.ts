import { type FixedReply, say } from '../replies.ts'
import { MAIL_ROLES, type Command } from './command.ts'

/** A verb with always the same answer. */
const answer = (verb: string, argument: Command['argument'], reply: FixedReply): Command => ({ verb, argument, run: () => say(reply) })

/** The same, for a verb that HELP tells of. */
const known = (verb: string, syntax: string, argument: Command['argument'], reply: FixedReply): Command => ({
  ...answer(verb, argument, reply),
  syntax,
})

const rset: Command = {
  verb: 'RSET',
  syntax: 'RSET',
  argument: 'none',
  run(session) {
    session.reset()
    return say('ok')
  },
}

/** A web page can make a browser send these, with lines of its choice behind them: none of them is heard. */
const HTTP = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'CONNECT', 'PRI']

export const simple: readonly Command[] = [
  rset,
  known('NOOP', 'NOOP [text]', 'any', 'ok'),
  known('QUIT', 'QUIT', 'none', 'bye'),
  // RFC 5321 section 7.3: who has an account here is nobody's business.
  { ...known('VRFY', 'VRFY address', 'any', 'cannot-verify'), roles: MAIL_ROLES },
  ...HTTP.map((verb) => answer(verb, 'any', 'http')),
  // RFC 5321 appendix F.
  ...['SEND', 'SOML', 'SAML', 'TURN'].map((verb) => answer(verb, 'any', 'not-implemented')),
]
