import { converse, findMechanism, type LoginContext, LoginRefused, type LoginResult, mechanismsFor } from '@mailstead/sasl'
import type { AccountId } from '@mailstead/store'
import { argumentsOf, authorization, type CommandContext, type Peer, type Result } from '../command.ts'
import { badSyntax, Pop3Refusal } from '../errors.ts'
import type { Authorization } from '../session.ts'

type Context = CommandContext<Authorization>

/** RFC 2595 section 4. */
const stls = authorization('STLS', ({ peer }, argument) => {
  argumentsOf(argument, 0, 0, 'STLS')
  if (peer.encrypted) throw new Pop3Refusal((texts) => texts.tlsActive)
  // RFC 6856 section 2.1: it is an error of the client.
  if (peer.choices.utf8) throw new Pop3Refusal((texts) => texts.stlsBehindUtf8)
  if (!peer.canStartTls) throw new Pop3Refusal((texts) => texts.tlsUnavailable)
  return { text: (texts) => texts.beginTls, after: 'start-tls' }
})

/** Says nothing of whether there is such a user (RFC 1939 section 13). */
const user = authorization('USER', ({ peer }, argument) => {
  if (!peer.secure) throw new LoginRefused('encryption-required')
  const name = argument.trim()
  if (name === '') throw badSyntax((texts) => texts.syntax('USER name'))
  return { text: (texts) => texts.sendPassword, session: { state: 'authorization', user: name } }
})

/** RFC 1939 section 7: the argument is the password, spaces and all. */
const pass = authorization('PASS', async (context, password) => {
  const { peer, services, session } = context
  if (!peer.secure) throw new LoginRefused('encryption-required')
  if (session.user === undefined) throw new Pop3Refusal((texts) => texts.userFirst)
  if (password === '') throw badSyntax((texts) => texts.syntax('PASS password'))
  return welcome(context, await services.accounts.checkPassword(session.user, password, '', loginContext(peer)))
})

/** RFC 5034 section 4. */
const auth = authorization('AUTH', async (context, argument) => {
  const { peer, services, respond } = context
  const [name, initial] = argumentsOf(argument, 0, 2, 'AUTH mechanism [initial-response]')
  if (name === undefined) {
    // No standard, but what Outlook asks: the mechanisms, one a line.
    await respond.listing(
      (texts) => texts.mechanismsFollow,
      mechanismsFor(services.accounts, peer).map((mechanism) => mechanism.name),
    )
    return {}
  }
  const mechanism = findMechanism(name, services.accounts, peer)
  if (mechanism === undefined) throw new Pop3Refusal((texts) => texts.noSuchMechanism)
  const ask = async (challenge: string): Promise<string | undefined> => {
    context.respond.challenge(challenge)
    const line = await peer.readLine()
    return line === undefined ? undefined : Buffer.from(line).toString('latin1')
  }
  return welcome(context, await converse(mechanism.start(services.accounts, loginContext(peer)), initial, ask))
})

export const loginCommands = [stls, user, pass, auth]

export function loginContext(peer: Peer): LoginContext {
  const { secure, channel, info } = peer
  return { protocol: 'pop3', secure, channel, remoteAddress: info.remoteAddress, session: info.id }
}

/** Into the TRANSACTION state, with the maildrop locked. */
export async function welcome({ services, peer }: Context, result: LoginResult): Promise<Result> {
  if (!result.ok) throw new LoginRefused(result.failure)
  const { identity } = result
  services.loginDelays.check(identity)
  const maildrop = await services.maildrops.open(identity.account as AccountId)
  services.loginDelays.begin(identity)
  const { count, octets } = maildrop
  peer.log.info('pop3: logged in', { account: identity.address, address: peer.info.remoteAddress, messages: count, octets })
  return { text: (texts) => texts.maildropHas(count, octets), session: { state: 'transaction', identity, maildrop } }
}
