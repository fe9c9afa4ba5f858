import { isRefused, type Admission, type DeliveryFailure, type DeliveryFailureCode, type Refusal } from '@mailstead/delivery'
import type { LoginFailure } from '@mailstead/sasl'
import { StoreError, type StoreErrorCode } from '@mailstead/store'
import { type EnhancedCode, type MessageDefect, SmtpSyntaxError, type SmtpSyntaxCode } from '@mailstead/wire'
import type { Role } from './role.ts'

/** One answer. 421 ends the connection. */
export interface SmtpReply {
  readonly code: number
  /** None on greetings, on EHLO and on 3xx (RFC 2034 section 4). */
  readonly enhanced: EnhancedCode | undefined
  readonly lines: readonly string[]
}

export function reply(code: number, enhanced: EnhancedCode | undefined, ...lines: readonly string[]): SmtpReply {
  return { code, enhanced, lines }
}

type Row = readonly [code: number, enhanced: EnhancedCode, text: string]

const of = ([code, enhanced, text]: Row): SmtpReply => reply(code, enhanced, text)

/** Answers that need no more than their name. Texts name no table, path or host of ours. */
const FIXED = {
  ok: [250, '2.0.0', 'Ok'],
  'sender-ok': [250, '2.1.0', 'Sender ok'],
  'recipient-ok': [250, '2.1.5', 'Recipient ok'],
  bye: [221, '2.0.0', 'Bye'],
  'ready-for-tls': [220, '2.0.0', 'Ready to start TLS'],
  'logged-in': [235, '2.7.0', 'Logged in'],
  'cannot-verify': [252, '2.0.0', 'Send the message, then it shows'],
  'no-help': [504, '5.5.4', 'There is no such command'],
  unrecognized: [500, '5.5.2', 'Command not recognized'],
  'bare-lf': [500, '5.5.2', 'Lines end with CRLF'],
  'line-too-long': [500, '5.5.6', 'Line too long'],
  'line-endless': [421, '4.7.0', 'The line does not end'],
  'xclient-denied': [550, '5.7.0', 'You may speak for yourself alone'],
  'xclient-syntax': [501, '5.5.4', 'A value is not what its attribute takes'],
  'no-list': [550, '5.1.1', 'That is an account, and no list'],
  'utf8-needed': [252, '2.6.8', 'The answer holds UTF-8: ask with SMTPUTF8'],
  'no-such-list': [550, '5.1.1', 'There is no such list'],
  'not-implemented': [502, '5.5.1', 'Command not implemented'],
  'no-argument-allowed': [501, '5.5.4', 'No argument is allowed'],
  'helo-syntax': [501, '5.5.4', 'A domain or an address literal is needed'],
  'helo-first': [503, '5.5.1', 'Say EHLO first'],
  'lhlo-first': [503, '5.5.1', 'Say LHLO first'],
  'nested-mail': [503, '5.5.1', 'A transaction is open already'],
  'mail-first': [503, '5.5.1', 'MAIL comes first'],
  'no-recipients-here': [503, '5.5.1', 'No valid recipients'],
  'no-recipients': [554, '5.5.1', 'No valid recipients'],
  'chunks-begun': [503, '5.5.1', 'The message comes in chunks'],
  'binary-by-chunks': [503, '5.5.1', 'A binary message comes by BDAT'],
  'chunks-refused': [503, '5.5.1', 'The message was refused, RSET comes next'],
  'bdat-syntax': [421, '4.5.4', 'Syntax: BDAT size [LAST]'],
  'too-many-recipients': [452, '4.5.3', 'Too many recipients'],
  'login-first': [530, '5.7.0', 'Authentication required'],
  'tls-first': [530, '5.7.0', 'Must issue a STARTTLS command first'],
  'bad-release': [501, '5.5.4', 'The message cannot wait for that time'],
  'holds-too-much': [552, '5.7.16', 'Too much of your mail waits for its time'],
  'foreign-sender': [553, '5.7.1', 'The sender address does not belong to your account'],
  'already-secure': [503, '5.5.1', 'TLS is active already'],
  'already-logged-in': [503, '5.5.1', 'Logged in already'],
  'not-in-transaction': [503, '5.5.1', 'Not inside a transaction'],
  'unknown-mechanism': [504, '5.5.4', 'Authentication mechanism not supported'],
  relogin: [421, '4.7.0', 'The account has changed, log in again'],
  'too-many-errors': [421, '4.7.0', 'Too many errors'],
  'too-much-ado': [421, '4.7.0', 'Too many commands without a message'],
  'too-many-logins': [421, '4.7.0', 'Too many failed logins'],
  'too-many-connections': [421, '4.7.0', 'Too many connections, try again later'],
  'not-for-you': [554, '5.7.1', 'You may not connect from there'],
  'connecting-too-often': [421, '4.7.0', 'Too many connections from your address or network, try again later'],
  'failing-too-often': [421, '4.7.0', 'Too many errors from your address or network, try again later'],
  'too-many-messages': [421, '4.7.0', 'Too many messages on one connection, open another'],
  'sending-too-often': [450, '4.7.1', 'Too many messages from your address or network, try again later'],
  'asking-too-often': [450, '4.7.1', 'Too many recipients from your address or network, try again later'],
  'guessing-too-often': [450, '4.7.1', 'Too many unknown recipients from your address or network, try again later'],
  'account-sends-too-much': [452, '4.7.1', 'Your account has sent to as many recipients as it may for now, try again later'],
  'etrn-bare': [500, '5.5.4', 'Syntax: ETRN domain'],
  'etrn-syntax': [501, '5.5.4', 'A domain is needed, with @ before it for all below it too'],
  'atrn-ready': [250, '2.0.0', 'OK now reversing the connection'],
  'atrn-syntax': [501, '5.5.4', 'Syntax: ATRN [domain,...]'],
  'atrn-early': [503, '5.5.1', 'Wait for the answer to ATRN'],
  'atrn-refused': [450, '4.7.1', 'ATRN request refused'],
  'atrn-busy': [450, '4.7.0', 'ATRN request refused: it was made less than a minute ago, or goes on'],
  'atrn-nothing': [453, '4.2.0', 'You have no mail'],
  'atrn-unable': [451, '4.3.0', 'Unable to process ATRN request now'],
  'queue-busy': [458, '4.3.0', 'Unable to queue messages now, try again in a minute'],
  'too-slow': [421, '4.4.2', 'The message took too long'],
  idle: [421, '4.4.2', 'Idle for too long'],
  'shutting-down': [421, '4.3.2', 'Shutting down, try again later'],
  http: [421, '4.7.0', 'This is not a web server'],
  trouble: [451, '4.3.0', 'Try again later'],
} as const satisfies Record<string, Row>

export type FixedReply = keyof typeof FIXED

export const say = (name: FixedReply): SmtpReply => of(FIXED[name])

/** To who has not said its name. */
export const nameFirst = (role: Role): SmtpReply => say(role === 'lmtp' ? 'lhlo-first' : 'helo-first')

/** RFC 2033 section 4.2 wants another code. */
export const noRecipients = (role: Role): SmtpReply => say(role === 'lmtp' ? 'no-recipients-here' : 'no-recipients')

/** One recipient. What is not ours is refused alike, but the reason differs with who asks. */
const ADMISSION = {
  unknown: [550, '5.1.1', 'No such mailbox'],
  disabled: [550, '5.2.1', 'Mailbox does not take mail'],
  'no-such-domain': [553, '5.1.2', 'The domain cannot be one'],
  'over-quota': [452, '4.2.2', 'Mailbox is full'],
} as const satisfies Record<Exclude<Refusal, 'elsewhere' | DeliveryFailure>, Row>

const ELSEWHERE = {
  lmtp: [550, '5.1.2', 'The domain is not served here'],
  mx: [550, '5.7.1', 'Relaying denied: the domain is not served here'],
  submission: [550, '5.7.1', 'This server delivers to its own domains only'],
  odmr: [550, '5.7.1', 'No mail is taken here'],
} as const satisfies Record<Role, Row>

export function admissionReply(admission: Admission, role: Role): SmtpReply {
  // RFC 5321 section 3.4
  if (typeof admission !== 'string' && 'forwardsTo' in admission)
    return reply(251, '2.1.5', `User not local; will forward to <${admission.forwardsTo}>`)
  if (!isRefused(admission)) return say('recipient-ok')
  if (typeof admission !== 'string') return deliveryReply(admission)
  return of(admission === 'elsewhere' ? ELSEWHERE[role] : ADMISSION[admission])
}

/** RFC 1985 section 5.1. `pending`: messages; `undefined` for who may not know. */
export function queueStarted(node: string, pending: number | undefined): SmtpReply {
  if (pending === undefined) return reply(250, '2.0.0', `OK, queuing for node ${node} started`)
  if (pending === 0) return reply(251, '2.0.0', `OK, no messages waiting for node ${node}`)
  return reply(253, '2.0.0', `OK, ${pending} pending messages for node ${node} started`)
}

export const queueRefused = (node: string, reason: string): SmtpReply => reply(459, '4.7.1', `Node ${node} not allowed: ${reason}`)

const DELIVERY = {
  'account-not-found': [550, '5.1.1', 'No such mailbox'],
  moved: [551, '5.1.6', 'User not local; the new address holds UTF-8'],
  suppressed: [550, '5.7.1', 'Mail to this address is stopped'],
  loop: [554, '5.4.6', 'The message was delivered here before: mail loop'],
  'too-many-hops': [554, '5.4.6', 'Too many Received fields: mail loop'],
  'header-too-big': [552, '5.3.4', 'The header is too big'],
  'foreign-author': [550, '5.7.1', 'An address in From or Sender does not belong to your account'],
  'too-late': [554, '5.4.7', 'The time for the delivery is over'],
  'binary-sealed': [554, '5.6.3', 'Binary octets inside of what is signed or encrypted cannot be kept'],
  'binary-malformed': [550, '5.6.0', 'Binary octets stand outside of a body part'],
  'leads-too-far': [550, '5.4.6', 'The address leads to too many others'],
  'return-forged': [550, '5.1.1', 'No such mailbox'],
  'return-expired': [550, '5.1.6', 'The rewritten sender has expired'],
  'return-reports-only': [550, '5.7.1', 'A rewritten sender takes delivery reports only'],
  'not-forwarded': [550, '5.7.1', 'The message is not forwarded'],
  'policy-refused': [550, '5.7.1', 'Message refused'],
  'policy-deferred': [451, '4.7.1', 'Message deferred, try again later'],
  unavailable: FIXED.trouble,
} as const satisfies Record<DeliveryFailureCode, Row>

export function deliveryReply({ code, text }: DeliveryFailure): SmtpReply {
  const [status, enhanced, standard] = DELIVERY[code]
  return reply(status, enhanced, text ?? standard)
}

const DEFECT = {
  'bare-cr': [550, '5.6.0', 'The message holds a CR without LF'],
  'bare-lf': [550, '5.6.0', 'The message holds an LF without CR'],
  nul: [550, '5.6.0', 'The message holds a NUL octet'],
  'line-too-long': [550, '5.6.0', 'A line of the message is too long'],
} as const satisfies Record<MessageDefect, Row>

export const defectReply = (defect: MessageDefect): SmtpReply => of(DEFECT[defect])

const exceeds = (limit: number): string => `Message exceeds the limit of ${limit} octets`

export const tooBig = (limit: number): SmtpReply => reply(552, '5.3.4', exceeds(limit))

/** Too big, and more than is worth swallowing: the connection ends. */
export const flood = (limit: number): SmtpReply => reply(421, '4.3.4', exceeds(limit))

/** RFC 4954 section 6. */
const LOGIN = {
  'bad-credentials': [535, '5.7.8', 'Wrong user name or password'],
  busy: [454, '4.7.0', 'Too many logins at once, try again'],
  unavailable: [454, '4.7.0', 'Logins are not possible now, try again later'],
  'encryption-required': [538, '5.7.11', 'Encryption required: issue a STARTTLS command first'],
  malformed: [501, '5.5.2', 'Malformed response'],
  cancelled: [501, '5.7.0', 'Login cancelled'],
  'too-many': FIXED['too-many-logins'],
} as const satisfies Record<LoginFailure, Row>

export const loginReply = (failure: LoginFailure): SmtpReply => of(LOGIN[failure])

/** For the sender's and for a recipient's address. */
const SYNTAX = {
  syntax: [501, '5.5.4', '5.5.4'],
  'bad-mailbox': [553, '5.1.7', '5.1.3'],
  'too-long': [501, '5.1.7', '5.1.3'],
  'needs-smtputf8': [553, '5.6.7', '5.6.7'],
  'unknown-parameter': [555, '5.5.4', '5.5.4'],
  'bad-parameter': [501, '5.5.4', '5.5.4'],
} as const satisfies Record<SmtpSyntaxCode, readonly [code: number, sender: EnhancedCode, recipient: EnhancedCode]>

/** A line of MAIL or RCPT that does not follow the grammar; any other error is thrown on. */
export function syntaxReply(error: unknown, whose: 'sender' | 'recipient'): SmtpReply {
  if (!(error instanceof SmtpSyntaxError)) throw error
  const [code, sender, recipient] = SYNTAX[error.code]
  return reply(code, whose === 'sender' ? sender : recipient, error.message)
}

/** Every failure of the store as the sender sees it. */
const STORE = {
  'mailbox-not-found': [550, '5.1.1', 'No such mailbox'],
  'mailbox-exists': FIXED.trouble,
  'mailbox-not-allowed': [550, '5.2.1', 'Mailbox does not take mail'],
  'not-permitted': [550, '5.7.1', 'Mailbox does not take mail from you'],
  'message-not-found': FIXED.trouble,
  'account-not-found': [550, '5.1.1', 'No such mailbox'],
  'account-exists': FIXED.trouble,
  'domain-not-found': [550, '5.1.2', 'No such domain'],
  'domain-exists': FIXED.trouble,
  'domain-in-use': FIXED.trouble,
  'alias-not-found': [550, '5.1.1', 'No such mailbox'],
  'over-quota': [452, '4.2.2', 'Mailbox is full'],
  'too-big': [552, '5.3.4', 'Message is too big'],
  limit: FIXED.trouble,
  'in-use': [451, '4.2.0', 'Mailbox is busy'],
  unavailable: FIXED.trouble,
} as const satisfies Record<StoreErrorCode, Row>

/** The one place where an exception becomes a reply. Anything unforeseen is temporary: mail must not be lost. */
export function toReply(error: unknown): { readonly reply: SmtpReply; readonly bug: boolean } {
  if (error instanceof StoreError) return { reply: of(STORE[error.code]), bug: false }
  if (error instanceof SmtpSyntaxError) return { reply: reply(500, '5.5.2', error.message), bug: false }
  return { reply: say('trouble'), bug: true }
}
