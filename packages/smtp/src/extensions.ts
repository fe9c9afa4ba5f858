import { mechanismsFor } from '@mailstead/sasl'
import type { Announced } from '@mailstead/wire'
import { holds, latestRelease } from './hold.ts'
import type { SmtpLimits } from './limits.ts'
import type { Session } from './session.ts'

/** A line of EHLO's answer. */
export interface SmtpExtension {
  readonly keyword: string
  /** `undefined`: what Postfix documents. */
  readonly rfc: number | undefined
  readonly summary: string
  /** When it is announced, for the docs. */
  readonly where: string
  /** The line as announced to this session; `undefined`: not now. */
  offer(session: Session): string | undefined
}

/** Wherever mail is taken. */
const withMail = (keyword: string, rfc: number, summary: string): SmtpExtension => ({
  keyword,
  rfc,
  summary,
  where: 'always',
  offer: ({ context: { role } }) => (role === 'odmr' ? undefined : keyword),
})

/** Only what is obeyed is announced. */
export const EXTENSIONS: readonly SmtpExtension[] = [
  withMail('PIPELINING', 2920, 'Commands may be sent before the answers to earlier ones'),
  {
    keyword: 'SIZE',
    rfc: 1870,
    summary: 'The largest message taken; a declared size decides quota and refusal before the message is sent',
    where: 'always',
    offer: ({ context: { role, limits } }) => (role === 'odmr' ? undefined : `SIZE ${limits.messageSize}`),
  },
  withMail('8BITMIME', 6152, 'Octets above 127 in message bodies'),
  withMail('CHUNKING', 3030, 'Messages in chunks of a given length (BDAT)'),
  withMail('BINARYMIME', 3030, 'Any octets in message bodies, sent in chunks; programs that cannot read them get them as base64'),
  withMail('SMTPUTF8', 6531, 'UTF-8 in addresses and header fields'),
  {
    keyword: 'DSN',
    rfc: 3461,
    summary: 'Reports of what became of a message, as its sender wants them: RET, ENVID, NOTIFY, ORCPT',
    where: 'submission, and everywhere once mail is sent to other servers',
    offer: ({ context: { role, delivery } }) =>
      role === 'submission' || (role !== 'odmr' && delivery.reportsElsewhere) ? 'DSN' : undefined,
  },
  {
    keyword: 'LIMITS',
    rfc: 9422,
    summary: 'How many recipients a message may have, and how many messages a connection, where that is limited',
    where: 'always',
    offer: ({ context: { role, limits } }) => (role === 'odmr' ? undefined : limitsOf(limits)),
  },
  {
    keyword: 'REQUIRETLS',
    rfc: 8689,
    summary: 'Messages that leave over verified encryption or not at all',
    where: 'encrypted',
    offer: ({ tls, context: { role } }) => (tls === undefined || role === 'odmr' ? undefined : 'REQUIRETLS'),
  },
  {
    keyword: 'DELIVERBY',
    rfc: 2852,
    summary: 'Messages that are delivered within a time or returned, or told of',
    where: 'SMTP and submission',
    offer: ({ context: { role } }) => (role === 'lmtp' || role === 'odmr' ? undefined : 'DELIVERBY'),
  },
  {
    keyword: 'FUTURERELEASE',
    rfc: 4865,
    summary: 'Messages that wait here until a time that their sender names: HOLDFOR, HOLDUNTIL',
    where: 'submission',
    offer: ({ context }) => (holds(context) ? `FUTURERELEASE ${context.maxHold} ${latestRelease(context)}` : undefined),
  },
  {
    keyword: 'MT-PRIORITY',
    rfc: 6710,
    summary: 'Messages that leave before or behind others of the same account; the next server is not told',
    where: 'submission',
    offer: ({ context: { role } }) => (role === 'submission' ? 'MT-PRIORITY' : undefined),
  },
  {
    keyword: 'ENHANCEDSTATUSCODES',
    rfc: 2034,
    summary: 'Codes of RFC 3463 in every answer',
    where: 'always',
    offer: () => 'ENHANCEDSTATUSCODES',
  },
  {
    keyword: 'STARTTLS',
    rfc: 3207,
    summary: 'Encryption on a connection that began in clear',
    where: 'in clear',
    offer: ({ context, tls }) => (context.tls !== undefined && tls === undefined ? 'STARTTLS' : undefined),
  },
  {
    keyword: 'AUTH',
    rfc: 4954,
    summary:
      'Logging in, for submission and to fetch mail (ODMR), and never in clear, by the mechanisms of [authentication.md](authentication.md)',
    where: 'submission and ODMR, encrypted',
    offer: (session) =>
      (session.context.role === 'submission' || session.context.role === 'odmr') && session.passwordAllowed
        ? `AUTH ${mechanisms(session)}`
        : undefined,
  },
  {
    keyword: 'EXPN',
    rfc: 5321,
    summary: 'Where aliases and groups lead',
    where: 'submission and LMTP, where `expn` of the listener allows it',
    offer: ({ context, identity }) => {
      const told = context.role === 'lmtp' || (context.role === 'submission' && identity !== undefined)
      return context.expn === true && told ? 'EXPN' : undefined
    },
  },
  {
    keyword: 'ETRN',
    rfc: 1985,
    summary: 'A server that has been away has its mail sent to it; those whose account may fetch it hear how much there is',
    where: 'SMTP, and submission after login, where mail is kept for other domains',
    offer: ({ context: { role, requests }, identity }) =>
      requests !== undefined && (role === 'mx' || (role === 'submission' && identity !== undefined)) ? 'ETRN' : undefined,
  },
  {
    keyword: 'ATRN',
    rfc: 2645,
    summary:
      'Who has logged in fetches the mail of its domains over the connection that it made. There is no CRAM-MD5, since what it needs to be known of a password is as good as the password: the mechanisms of AUTH stand in its place, behind TLS',
    where: 'ODMR',
    offer: ({ context: { role } }) => (role === 'odmr' ? 'ATRN' : undefined),
  },
  {
    keyword: 'XCLIENT',
    rfc: undefined,
    summary: 'A proxy or a test says for whom it speaks',
    where: 'to the networks of `xclient` of the listener alone',
    offer: (session) =>
      session.mayIntroduce ? `XCLIENT NAME ADDR PORT PROTO HELO${session.mayIntroduceLogin ? ' LOGIN' : ''} DESTADDR DESTPORT` : undefined,
  },
]

const limitsOf = ({ recipients, messages }: SmtpLimits): string =>
  `LIMITS RCPTMAX=${recipients}${messages === undefined ? '' : ` MAILMAX=${messages}`}`

const mechanisms = (session: Session): string =>
  mechanismsFor(session.context.accounts, session.loginConnection)
    .map(({ name }) => name)
    .join(' ')

export function offered(session: Session): string[] {
  return EXTENSIONS.flatMap((extension) => extension.offer(session) ?? [])
}

/** Keywords of what is offered: parameters of others are not taken (RFC 5321 section 4.1.1.11). Most commands have none. */
export function announced(session: Session): Announced {
  return { has: (wanted) => EXTENSIONS.some((each) => each.keyword === wanted && each.offer(session) !== undefined) }
}
