import { converse, findMechanism, type LoginContext, LoginRefused, type LoginResult } from '@mailstead/sasl'
import type { AccountId } from '@mailstead/store'
import type { ImapDecoder } from '@mailstead/wire'
import { command, noArguments, type CommandContext, type Peer, type Result, type TableEntry } from '../command.ts'
import { ImapBad, ImapNo } from '../errors.ts'
import { MetadataNews } from '../metadata/news.ts'
import type { Authenticated, NotAuthenticated } from '../session.ts'

type Context = CommandContext<NotAuthenticated>

const startTls: TableEntry = command({
  name: 'STARTTLS',
  state: 'not-authenticated',
  sync: 'nothing',
  parse: noArguments,
  run({ peer }) {
    if (peer.encrypted) throw new ImapBad('TLS is on already')
    if (!peer.canStartTls) throw new ImapNo('TLS is not available')
    return { text: 'Begin TLS', after: 'start-tls' }
  },
})

const login: TableEntry = command({
  name: 'LOGIN',
  state: 'not-authenticated',
  sync: 'nothing',
  secret: true,
  // login = "LOGIN" SP userid SP password
  parse(d) {
    d.space()
    const user = d.astring()
    d.space()
    return { user, password: d.astring() }
  },
  // A client that may not log in is told so before it sends its password.
  literal({ peer }) {
    if (!peer.secure) throw new LoginRefused('encryption-required')
    return Promise.resolve(undefined)
  },
  async run(context: Context, { user, password }) {
    if (!context.peer.secure) throw new LoginRefused('encryption-required')
    const result = await context.services.accounts.checkPassword(user, password, '', loginContext(context.peer))
    return welcome(context, result)
  },
})

const authenticate: TableEntry = command({
  name: 'AUTHENTICATE',
  state: 'not-authenticated',
  sync: 'nothing',
  secret: true,
  // authenticate = "AUTHENTICATE" SP auth-type [SP (base64 / "=")]   RFC 4959 section 7
  parse(d: ImapDecoder) {
    d.space()
    const mechanism = d.word()
    if (d.atEnd) return { mechanism, initial: undefined }
    d.space()
    return { mechanism, initial: d.base64() }
  },
  async run(context: Context, { mechanism: name, initial }) {
    const mechanism = findMechanism(name, context.services.accounts, context.peer)
    if (mechanism === undefined) throw new ImapNo('No such mechanism', 'CANNOT')
    const exchange = mechanism.start(context.services.accounts, loginContext(context.peer))
    const ask = async (challenge: string): Promise<string> => {
      context.respond.continue(challenge)
      return (await context.peer.readLine({ secret: true })).toString('latin1')
    }
    return welcome(context, await converse(exchange, initial, ask))
  },
})

export const loginCommands: readonly TableEntry[] = [startTls, login, authenticate]

function loginContext(peer: Peer): LoginContext {
  const { secure, channel, info } = peer
  return { protocol: 'imap', secure, channel, remoteAddress: info.remoteAddress, session: info.id }
}

/** The capabilities of the new state go into the reply, so that clients need not ask (RFC 3501 section 7.1). */
function welcome({ services, peer }: Context, result: LoginResult): Result {
  if (!result.ok) throw new LoginRefused(result.failure)
  const { identity } = result
  const account = identity.account as AccountId
  if (!peer.admit(account)) throw new ImapNo('Too many sessions of this account', 'LIMIT')
  const store = services.stores.for(account)
  const registry = peer.registry.without(identity.capabilitiesOff ?? [])
  const session: Authenticated = {
    state: 'authenticated',
    identity,
    account,
    store,
    enabled: new Set(),
    metadata: new MetadataNews(store, services.stores),
  }
  peer.log.info('imap: logged in', { account: identity.address, address: peer.info.remoteAddress })
  return { code: registry.capabilities(session, peer, services), text: 'Logged in', session, registry }
}
