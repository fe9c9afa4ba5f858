import { mechanismsFor } from '@mailstead/sasl'
import type { Peer, Services } from './command.ts'
import type { Session } from './session.ts'
import { LANGUAGE_TAGS, LANGUAGES } from './texts.ts'

type Announced = Pick<Peer, 'encrypted' | 'secure' | 'canStartTls' | 'channel'>

export interface Capability {
  readonly tag: string
  readonly rfc: number
  readonly summary: string
  /** When it is announced, in words. */
  readonly where: string
  /** Its arguments; `undefined`: not announced now. */
  readonly announce: (
    peer: Announced,
    session: Session,
    services: Pick<Services, 'accounts' | 'loginDelays' | 'expireDays'>,
  ) => string | undefined
}

const always = (): string => ''
const withPassword = ({ secure }: Pick<Peer, 'secure'>): string | undefined => (secure ? '' : undefined)

/** CAPA's answer, line by line. docs/pop3-extensions.md is printed from it. */
export const CAPABILITIES: readonly Capability[] = [
  { tag: 'TOP', rfc: 1939, summary: 'Header and first lines of a message', where: 'always', announce: always },
  { tag: 'UIDL', rfc: 1939, summary: 'Unique-ids that are never reused', where: 'always', announce: always },
  { tag: 'USER', rfc: 1939, summary: 'Login by USER and PASS', where: 'where a password may be sent', announce: withPassword },
  {
    tag: 'SASL',
    rfc: 5034,
    summary: 'Login by AUTH, with an initial response, by the mechanisms of [authentication.md](authentication.md)',
    where: 'where a password may be sent',
    announce: (peer, _session, { accounts }) => {
      const names = mechanismsFor(accounts, peer).map(({ name }) => name)
      return names.length === 0 ? undefined : names.join(' ')
    },
  },
  {
    tag: 'STLS',
    rfc: 2595,
    summary: 'Encryption on the port in clear',
    where: 'in clear, before the login',
    // RFC 2595 section 4: present and permitted in the current state.
    announce: (peer, { state }) => (peer.canStartTls && !peer.encrypted && state === 'authorization' ? '' : undefined),
  },
  { tag: 'PIPELINING', rfc: 2449, summary: 'Commands without waiting for answers', where: 'always', announce: always },
  { tag: 'RESP-CODES', rfc: 2449, summary: 'IN-USE and LOGIN-DELAY in failures', where: 'always', announce: always },
  { tag: 'AUTH-RESP-CODE', rfc: 3206, summary: 'AUTH, SYS/TEMP and SYS/PERM in failures', where: 'always', announce: always },
  {
    tag: 'UTF8',
    rfc: 6856,
    summary: 'UTF-8 in headers; who does not ask for it gets such headers in ASCII (RFC 6857). USER: in names and passwords',
    where: 'always',
    announce: () => 'USER',
  },
  { tag: 'LANG', rfc: 6856, summary: `Answers in ${languageNames()}`, where: 'always', announce: always },
  {
    tag: 'LOGIN-DELAY',
    rfc: 2449,
    summary: 'Seconds between logins of one account; USER: not the same for all',
    where: 'where `pop3.login_delay` is set',
    announce: (_peer, session, { loginDelays }) => loginDelays.announce(session.state === 'transaction' ? session.identity : undefined),
  },
  {
    tag: 'EXPIRE',
    rfc: 2449,
    summary: 'NEVER: what is left on the server stays; or the days of `pop3.expire_days`',
    where: 'always',
    announce: (_peer, _session, { expireDays }) => (expireDays === 0 ? 'NEVER' : `${expireDays}`),
  },
  { tag: 'IMPLEMENTATION', rfc: 2449, summary: 'The name of this software', where: 'always', announce: () => 'Mailstead' },
]

function languageNames(): string {
  return LANGUAGE_TAGS.map((tag) => `${LANGUAGES[tag].name} (\`${tag}\`)`).join(', ')
}
