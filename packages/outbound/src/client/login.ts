import type { Channel } from './channel.ts'
import type { PeerReply } from '@mailstead/wire'
import { COMMAND_TIME, MAX_CHALLENGE } from '../limits.ts'
import { PeerLost, PeerRefused, TlsUnfit } from './errors.ts'
import type { Login } from './credentials.ts'
import { ScramLogin, type ScramName } from './scram-login.ts'

/** One login: what to send first, and what to answer. Throws Error for a peer that does not know the password either. */
interface Mechanism {
  /** `undefined`: the peer speaks first. */
  first(): string | undefined
  next(challenge: string): Promise<string>
}

const plain = ({ user, password }: Login): Mechanism => ({
  first: () => `\0${user}\0${password}`,
  next: () => Promise.reject(new Error('a challenge to PLAIN')),
})

/** draft-murchison-sasl-login: what is asked for is not looked at, servers have many words for it. */
const loginMechanism = ({ user, password }: Login): Mechanism => {
  const answers = [user, password]
  return {
    first: () => undefined,
    async next() {
      const answer = answers.shift()
      if (answer === undefined) throw new Error('a third challenge to LOGIN')
      return answer
    },
  }
}

const scram =
  (name: ScramName) =>
  (login: Login): Mechanism =>
    new ScramLogin(name, login)

/** The best first. */
const MECHANISMS: readonly (readonly [string, (login: Login) => Mechanism])[] = [
  ['SCRAM-SHA-256', scram('SCRAM-SHA-256')],
  ['SCRAM-SHA-1', scram('SCRAM-SHA-1')],
  ['PLAIN', plain],
  ['LOGIN', loginMechanism],
]

/** AUTH, RFC 4954; the caller has seen to it that the connection is encrypted. Throws PeerRefused, TlsUnfit, PeerLost. */
export async function logIn(channel: Channel, offered: readonly string[], login: Login): Promise<void> {
  const [name, make] = MECHANISMS.find(([each]) => offered.includes(each)) ?? []
  if (name === undefined || make === undefined) throw new TlsUnfit('login-not-offered', 'The server offers no login that is known here')
  const mechanism = make(login)
  const first = mechanism.first()
  let reply = await exchange(channel, first === undefined ? `AUTH ${name}` : `AUTH ${name} ${encode(first)}`)
  while (reply.code === 334) reply = await exchange(channel, await answer(mechanism, reply))
  if (reply.code !== 235) throw new PeerRefused('auth', reply)
  if (mechanism instanceof ScramLogin && !mechanism.proven)
    throw new PeerLost('not-smtp', 'auth', 'The server took the login without proving that it knows it')
}

async function answer(mechanism: Mechanism, { lines }: PeerReply): Promise<string> {
  const [text = ''] = lines
  if (text.length > MAX_CHALLENGE) throw new PeerLost('not-smtp', 'auth', 'A challenge is too long')
  try {
    return encode(await mechanism.next(Buffer.from(text, 'base64').toString()), '')
  } catch (error) {
    throw new PeerLost('not-smtp', 'auth', error instanceof Error ? error.message : String(error))
  }
}

function exchange(channel: Channel, line: string): Promise<PeerReply> {
  channel.send(`${line}\r\n`)
  return channel.reply('auth', COMMAND_TIME)
}

/** RFC 4954 section 4: `=` is an initial response of no octets. */
const encode = (text: string, empty = '='): string => (text === '' ? empty : Buffer.from(text).toString('base64'))
