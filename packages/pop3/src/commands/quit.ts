import { argumentsOf, type Command, type CommandContext, type Result } from '../command.ts'
import { STRANGER, type Transaction } from '../session.ts'

/** RFC 1939 sections 4 and 6. Only after a login there is an UPDATE state, and only QUIT leads to it. */
export const quit: Command = {
  keyword: 'QUIT',
  state: 'any',
  run(context, argument) {
    argumentsOf(argument, 0, 0, 'QUIT')
    const { session, services } = context
    if (session.state === 'transaction') return update({ ...context, session })
    return { text: (texts) => texts.signingOff(services.hostName), after: 'close' }
  },
}

/** The lock is given up before the answer: a client that comes back at once finds the maildrop free. */
async function update({ session: { maildrop }, services, respond, peer }: CommandContext<Transaction>): Promise<Result> {
  const { count, last } = maildrop
  const { hostName } = services
  try {
    await maildrop.update()
  } catch (error) {
    peer.log.error('pop3: messages not removed', { marked: last - count, error })
    respond.error((texts) => texts.notAllRemoved, 'SYS/TEMP')
    return { after: 'close', session: STRANGER }
  } finally {
    maildrop.close()
  }
  peer.log.info('pop3: logged out', { removed: last - count, left: count })
  return {
    text: (texts) => (count === 0 ? texts.signingOffEmpty(hostName) : texts.signingOffWith(hostName, count)),
    after: 'close',
    session: STRANGER,
  }
}
