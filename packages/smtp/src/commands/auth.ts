import { converse, findMechanism, type LoginResult, type Mechanism } from '@mailstead/sasl'
import { loginReply, reply, say, type SmtpReply } from '../replies.ts'
import type { Session } from '../session.ts'
import type { Command } from './command.ts'

/** Who has gone asks for no more. */
const CANCEL = '*'

/** RFC 4954: AUTH mechanism [initial-response], then challenges and responses in base64. */
export const auth: Command = {
  verb: 'AUTH',
  roles: ['submission', 'odmr'],
  syntax: 'AUTH mechanism [initial-response]',
  argument: 'any',
  async run(session, argument) {
    const refusal = notNow(session)
    if (refusal !== undefined) return refusal
    const [name = '', initial, ...more] = argument.split(/ +/)
    const mechanism = findMechanism(name, session.context.accounts, session.loginConnection)
    if (mechanism === undefined || more.length > 0) return say('unknown-mechanism')
    const result = await exchange(session, mechanism, initial)
    return result.ok ? loggedIn(session, result.identity, mechanism) : refused(session, result.failure)
  },
}

function notNow(session: Session): SmtpReply | undefined {
  if (!session.passwordAllowed) return loginReply('encryption-required')
  if (session.identity !== undefined) return say('already-logged-in')
  if (session.transaction !== undefined) return say('not-in-transaction')
  return undefined
}

function exchange(session: Session, mechanism: Mechanism, initial: string | undefined): Promise<LoginResult> {
  const { info, context, wire } = session
  const running = mechanism.start(context.accounts, {
    ...session.loginConnection,
    protocol: 'smtp',
    remoteAddress: info.remoteAddress,
    session: info.id,
  })
  return converse(running, initial, async (challenge) => {
    wire.reply(reply(334, undefined, challenge))
    const line = await wire.readLine()
    if (line === 'closed') return CANCEL
    return typeof line === 'string' ? undefined : Buffer.from(line).toString('latin1')
  })
}

function loggedIn(session: Session, identity: Session['identity'] & object, mechanism: Mechanism): SmtpReply {
  session.identity = identity
  session.log.info('logged in', { account: identity.address, mechanism: mechanism.name })
  return say('logged-in')
}

function refused(session: Session, failure: Extract<LoginResult, { ok: false }>['failure']): SmtpReply {
  session.log.warn('login failed', { reason: failure, remoteAddress: session.info.remoteAddress })
  if (failure !== 'bad-credentials') return loginReply(failure)
  return ++session.failedLogins >= session.context.limits.loginAttempts ? loginReply('too-many') : loginReply(failure)
}
