import { type FixedReply, say } from '../replies.ts'
import type { Command } from './command.ts'

/** A verb with always the same answer. */
const answer = (verb: string, argument: Command['argument'], reply: FixedReply): Command => ({ verb, argument, run: () => say(reply) })

const rset: Command = {
  verb: 'RSET',
  argument: 'none',
  run(session) {
    session.reset()
    return say('ok')
  },
}

export const simple: readonly Command[] = [
  rset,
  answer('NOOP', 'any', 'ok'),
  answer('QUIT', 'none', 'bye'),
  answer('HELP', 'any', 'help'),
  // RFC 5321 section 7.3: who has an account here is nobody's business.
  answer('VRFY', 'any', 'cannot-verify'),
  answer('EXPN', 'any', 'not-implemented'),
  // RFC 5321 appendix F.
  ...['SEND', 'SOML', 'SAML', 'TURN'].map((verb) => answer(verb, 'any', 'not-implemented')),
]
