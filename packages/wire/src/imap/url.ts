/** An IMAP URL (RFC 5092 section 11), its percent-encoding undone where it is read. */
export interface ImapUrl {
  /** Absent in an absolute-path reference, `/INBOX/;UID=20`. */
  readonly server: UrlServer | undefined
  /** NFC Unicode, INBOX in capitals; empty: the URL names the server. */
  readonly mailbox: string
  readonly uidValidity: number | undefined
  /** `undefined`: the URL names a mailbox, or what a search finds there. */
  readonly uid: number | undefined
  /** section-spec; empty: the whole message. */
  readonly section: string
  /** Octets of the section from `origin` on; without a length all. */
  readonly partial: { readonly origin: number; readonly length: number | undefined } | undefined
  readonly auth: UrlAuth | undefined
}

/** iserver. The host in lower case; a port that is not named is 143. */
export interface UrlServer {
  /** enc-user. */
  readonly user: string | undefined
  readonly host: string
  readonly port: number
}

/** iurlauth or iurlauth-rump (RFC 4467). */
export interface UrlAuth {
  /** The latest time at which it is valid, in milliseconds since 1970. */
  readonly expire: number | undefined
  readonly access: UrlAccess
  /** The URL up to where mechanism and token begin, as it was written: what the token is made of. */
  readonly rump: string
  /** Mechanism in capitals and token; absent in a rump. */
  readonly proof: { readonly mechanism: string; readonly token: string } | undefined
}

export type UrlAccess = { readonly kind: 'submit' | 'user'; readonly user: string } | { readonly kind: 'authuser' | 'anonymous' }

const PCT = '%[0-9A-Fa-f]{2}'
const ACHAR = `(?:[A-Za-z0-9._~!$'()*+,&=-]|${PCT})`
const BCHAR = `(?:[A-Za-z0-9._~!$'()*+,&=:@/-]|${PCT})`

const SERVER = new RegExp(
  `^imap://(?:(?<user>${ACHAR}+)?(?:;AUTH=(?:\\*|${ACHAR}+))?@)?(?<host>[A-Za-z0-9.-]+|\\[[0-9A-Fa-f:.]+\\])(?::(?<port>\\d{1,5}))?(?=/|$)`,
  'i',
)
const PATH = new RegExp(
  `^/(?!/)(?:(?<mailbox>${BCHAR}+?)(?:;UIDVALIDITY=(?<validity>\\d{1,10}))?` +
    `(?:\\?${BCHAR}+|/;UID=(?<uid>\\d{1,10})(?:/;SECTION=(?<section>${BCHAR}+?))?(?:/;PARTIAL=(?<origin>\\d{1,10})(?:\\.(?<length>\\d{1,10}))?)?` +
    `(?<auth>(?:;EXPIRE=(?<expire>[0-9TZ:.+-]+))?;URLAUTH=(?:(?<role>submit|user)\\+(?<user>${ACHAR}+)|(?<open>authuser|anonymous))` +
    `(?<proof>:(?<mechanism>[A-Za-z0-9.-]+):(?<token>[0-9A-Fa-f]{32,}))?)?)?)?$`,
  'i',
)
const DATE_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/i

const MAX_NUMBER = 0xffff_ffff

/** Absolute URLs and absolute-path references; `undefined` for all else: relative-path references are not to be accepted (RFC 5092 section 7.2). */
export function parseImapUrl(text: string): ImapUrl | undefined {
  const server = SERVER.exec(text)
  const path = text.slice(server?.[0].length ?? 0)
  const groups = (path === '' && server !== null ? PATH.exec('/') : PATH.exec(path))?.groups
  // Dot segments would be removed before the path is read (RFC 5092 section 7).
  if (groups === undefined || /\/\.{1,2}(?:\/|;|$)/.test(`/${groups['mailbox'] ?? ''}`)) return undefined
  try {
    const auth = groups['auth'] === undefined ? undefined : authOf(groups, text)
    return { server: server === null ? undefined : serverOf(server.groups ?? {}), ...placeOf(groups), auth }
  } catch (error) {
    if (error instanceof NotAUrl) return undefined
    throw error
  }
}

/** Percent-encodes what may not stand in a mailbox name or a user name of a URL; `/` stays. */
export function encodeUrlText(text: string): string {
  return encodeURIComponent(text.normalize('NFC')).replaceAll('%2F', '/')
}

class NotAUrl extends Error {}

type Groups = Readonly<Record<string, string | undefined>>

function serverOf({ user, host = '', port }: Groups): UrlServer {
  return { user: user === undefined ? undefined : decoded(user), host: host.toLowerCase(), port: port === undefined ? 143 : Number(port) }
}

function placeOf({ mailbox = '', validity, uid, section = '', origin, length }: Groups): Omit<ImapUrl, 'server' | 'auth'> {
  return {
    mailbox: decoded(mailbox)
      .normalize('NFC')
      .replace(/^inbox(?=$|\/)/i, 'INBOX'),
    uidValidity: validity === undefined ? undefined : numberOf(validity, 1),
    uid: uid === undefined ? undefined : numberOf(uid, 1),
    section: decoded(section),
    partial:
      origin === undefined ? undefined : { origin: numberOf(origin, 0), length: length === undefined ? undefined : numberOf(length, 1) },
  }
}

function authOf({ expire, role, user, open, proof = '', mechanism, token }: Groups, text: string): UrlAuth {
  return {
    expire: expire === undefined ? undefined : timeOf(expire),
    access:
      role === undefined
        ? { kind: open?.toLowerCase() as 'authuser' | 'anonymous' }
        : { kind: role.toLowerCase() as 'submit' | 'user', user: decoded(user ?? '') },
    rump: text.slice(0, text.length - proof.length),
    proof: mechanism === undefined || token === undefined ? undefined : { mechanism: mechanism.toUpperCase(), token },
  }
}

function decoded(text: string): string {
  let plain: string
  try {
    plain = decodeURIComponent(text)
  } catch {
    throw new NotAUrl()
  }
  if (/[\0\r\n]/.test(plain)) throw new NotAUrl()
  return plain
}

function numberOf(text: string, min: number): number {
  const value = Number(text)
  if (value < min || value > MAX_NUMBER) throw new NotAUrl()
  return value
}

function timeOf(text: string): number {
  const at = DATE_TIME.test(text) ? Date.parse(text.toUpperCase()) : Number.NaN
  if (Number.isNaN(at)) throw new NotAUrl()
  return at
}
