import type { AccountId } from '@mailstead/store'
import { parseAtrn } from '@mailstead/wire'
import { nameFirst, say, type SmtpReply } from '../replies.ts'
import type { FetchAnswer } from '../requests.ts'
import type { Session } from '../session.ts'
import type { Command } from './command.ts'

type Ready = Extract<FetchAnswer, { kind: 'ready' }>

/** RFC 2645 section 5.2.1: who has logged in gets the mail of its domains over this very connection, on which we are the client from then on. */
export const atrn: Command = {
  verb: 'ATRN',
  syntax: 'ATRN [domain,...]',
  roles: ['odmr'],
  argument: 'any',
  async run(session, argument) {
    const { context, helo, identity, tls, log } = session
    const { requests, role, draining, accounts } = context
    if (helo === undefined) return nameFirst(role)
    if (identity === undefined || tls === undefined) return say(tls === undefined ? 'tls-first' : 'login-first')
    const domains = parseAtrn(argument)
    if (domains === undefined) return say('atrn-syntax')
    if (draining) return say('shutting-down')
    if ((await accounts.account(identity.account as AccountId))?.enabled !== true) return say('relogin')
    const answer = await asked(session, () => requests?.fetch(domains, identity.address))
    log.info('mail is to be fetched', { account: identity.address, domains, answer: answer.kind })
    return answer.kind === 'ready' ? turn(session, answer) : say(`atrn-${answer.kind}`)
  },
}

/** Without mail that is kept for others there is nobody who may fetch it. */
async function asked({ log }: Session, ask: () => Promise<FetchAnswer> | undefined): Promise<FetchAnswer> {
  try {
    return (await ask()) ?? { kind: 'refused' }
  } catch (error) {
    log.error('it is not known what mail there is', { err: error })
    return { kind: 'unable' }
  }
}

/** Only who waits for the answer is ready to be the server. */
async function turn({ wire, log, tls, helo, info }: Session, ready: Ready): Promise<SmtpReply | undefined> {
  const socket = wire.reverse(say('atrn-ready'))
  if (socket === undefined || tls === undefined) return say('atrn-early')
  try {
    const settled = await ready.run({ socket, tls, peer: `${helo?.name ?? ''} [${info.remoteAddress}]` })
    log.info('mail was fetched', { settled })
  } catch (error) {
    log.warn('mail was not fetched', { error: String(error) })
    socket.destroy()
  }
  return undefined
}
