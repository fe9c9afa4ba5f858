import { canonicalAddress, isLoopback, type ConnectionInfo } from '@mailstead/net'
import type { Identity } from '@mailstead/sasl'
import { formatAddress, parseHeloName, parseXclient, type XclientAttributes } from '@mailstead/wire'
import { reply, say, type SmtpReply, syntaxReply } from '../replies.ts'
import type { Helo, Session } from '../session.ts'
import type { Command } from './command.ts'

/**
 * XCLIENT as Postfix documents it: a proxy or a test says whom it speaks for. The session begins anew with a greeting,
 * and may say so again only if the client that was named may.
 */
export const xclient: Command = {
  verb: 'XCLIENT',
  roles: ['mx', 'submission'],
  argument: 'any',
  async run(session, argument) {
    if (session.context.xclient === undefined) return say('unrecognized')
    if (!session.mayIntroduce) return say('xclient-denied')
    if (session.transaction !== undefined) return say('not-in-transaction')
    let attributes: XclientAttributes
    try {
      attributes = parseXclient(argument)
    } catch (error) {
      return syntaxReply(error, 'sender')
    }
    const client = clientOf(session, attributes)
    const identity = await loginOf(session, attributes)
    if (client === undefined || identity === 'bad') return say('xclient-syntax')
    return introduce(session, client, identity)
  },
}

interface Client {
  readonly info: ConnectionInfo
  /** Kept for the session that begins; `undefined`: EHLO is awaited. */
  readonly helo: Helo | undefined
}

/** `undefined`: a value is not what its attribute takes. */
function clientOf({ info }: Session, attributes: XclientAttributes): Client | undefined {
  const address = addressOf(attributes.get('ADDR') ?? info.remoteAddress)
  const port = portOf(attributes.get('PORT'), info.remotePort)
  const localPort = portOf(attributes.get('DESTPORT'), info.localPort)
  const destination = attributes.get('DESTADDR')
  const protocol = attributes.get('PROTO')?.toUpperCase() ?? 'SMTP'
  const helo = attributes.get('HELO')
  const name = helo === undefined ? undefined : parseHeloName(helo)?.name
  const sound = protocol === 'SMTP' || protocol === 'ESMTP'
  if (address === undefined || port === undefined || localPort === undefined || !sound) return undefined
  if ((helo !== undefined && name === undefined) || (destination !== undefined && addressOf(destination) === undefined)) return undefined
  if (attributes.has('ADDR') && attributes.get('ADDR') === undefined) return undefined
  return {
    // Whom a proxy on this machine speaks for has not come to this machine.
    info: { ...info, remoteAddress: address, remotePort: port, localPort, loopback: info.loopback && isLoopback(address) },
    helo: name === undefined ? undefined : { name, extended: protocol === 'ESMTP' },
  }
}

const addressOf = (text: string): string | undefined => canonicalAddress(text.replace(/^ipv6:/i, ''))

function portOf(text: string | undefined, otherwise: number): number | undefined {
  if (text === undefined) return otherwise
  return /^\d{1,5}$/.test(text) && Number(text) <= 65_535 ? Number(text) : undefined
}

/** Whom the proxy has let log in: believed only where a password would be, or from this machine. `bad`: nobody who may be. */
async function loginOf(session: Session, attributes: XclientAttributes): Promise<Identity | 'bad' | undefined> {
  const login = attributes.get('LOGIN')
  if (login === undefined) return undefined
  if (!session.mayIntroduceLogin) return 'bad'
  const account = await session.context.accounts.find(login)
  if (account?.enabled !== true) return 'bad'
  const { id, localPart, domain } = account
  return { account: id, address: formatAddress({ localPart, domain }) }
}

async function introduce(session: Session, { info, helo }: Client, identity: Identity | undefined): Promise<SmtpReply> {
  const by = session.info.remoteAddress
  session.introduced(info, helo, identity)
  const { remoteAddress } = info
  session.log.info('client introduced', { by, remoteAddress, helo: helo?.name, account: identity?.address })
  const refusal = remoteAddress === by ? undefined : session.meter.connection()
  if (refusal !== undefined) return refusal
  await session.visit?.connected()
  return reply(220, undefined, session.greeting)
}
