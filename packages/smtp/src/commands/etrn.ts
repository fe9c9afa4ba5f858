import { parseEtrn } from '@mailstead/wire'
import { nameFirst, queueRefused, queueStarted, say, type SmtpReply } from '../replies.ts'
import type { Session } from '../session.ts'
import type { Command } from './command.ts'

/**
 * RFC 1985: a server that has been away asks for its mail, which goes to where the configuration says, whoever asks. Known only where mail is kept for
 * others.
 */
export const etrn: Command = {
  verb: 'ETRN',
  roles: ['mx', 'submission'],
  argument: 'any',
  async run(session, argument) {
    const { requests, role } = session.context
    if (requests === undefined) return say('unrecognized')
    if (session.helo === undefined) return nameFirst(role)
    const refusal = notNow(session)
    if (refusal !== undefined) return refusal
    if (argument === '') return say('etrn-bare')
    const node = parseEtrn(argument)
    if (node === undefined) return say('etrn-syntax')
    // RFC 1985 section 5.3: no queue has a name.
    if (node.option === '#') return queueRefused(`#${node.name}`, 'there is no such queue')
    const answer = await requests.start(node.name, node.option === '@', session.identity?.address)
    if (answer.kind === 'refused') return queueRefused(node.name, answer.reason)
    return answer.kind === 'unable' ? say('queue-busy') : queueStarted(node.name, answer.pending)
  },
}

function notNow({ context: { role, draining }, identity, passwordAllowed, transaction }: Session): SmtpReply | undefined {
  if (role === 'submission' && identity === undefined) return say(passwordAllowed ? 'login-first' : 'tls-first')
  if (transaction !== undefined) return say('not-in-transaction')
  return draining ? say('shutting-down') : undefined
}
