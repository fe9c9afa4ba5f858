import { StoreError, type StoreErrorCode } from '@mailstead/store'
import { ImapSyntaxError } from '@mailstead/wire'
import { LoginRefused, type LoginFailure } from '@mailstead/sasl'

/** A refusal in the client's own terms: `NO [code] message`. */
export class ImapNo extends Error {
  override name = 'ImapNo'
  readonly code: string | undefined

  constructor(message: string, code?: string) {
    super(message)
    this.code = code
  }
}

/** Well-formed, but not possible as asked: `BAD message`. */
export class ImapBad extends Error {
  override name = 'ImapBad'
  readonly code: string

  constructor(message: string, code = 'CLIENTBUG') {
    super(message)
    this.code = code
  }
}

/** RFC 9586: who has enabled UIDONLY names messages by sequence numbers. */
export function uidRequired(): ImapBad {
  return new ImapBad('Messages are named by UIDs only', 'UIDREQUIRED')
}

export interface Failure {
  readonly status: 'NO' | 'BAD'
  readonly code: string | undefined
  readonly text: string
  /** Nobody foresaw it: the log needs the stack. */
  readonly bug: boolean
}

/** RFC 5530, RFC 9051 section 7.1; TOOBIG is RFC 4469's. */
const RESPONSE_CODE = {
  'mailbox-not-found': 'NONEXISTENT',
  'mailbox-exists': 'ALREADYEXISTS',
  'mailbox-not-allowed': 'CANNOT',
  'not-permitted': 'NOPERM',
  'message-not-found': 'EXPUNGEISSUED',
  'account-not-found': 'UNAVAILABLE',
  'account-exists': 'ALREADYEXISTS',
  'domain-not-found': 'NONEXISTENT',
  'domain-exists': 'ALREADYEXISTS',
  'domain-in-use': 'INUSE',
  'alias-not-found': 'NONEXISTENT',
  'over-quota': 'OVERQUOTA',
  'too-big': 'TOOBIG',
  limit: 'LIMIT',
  'in-use': 'INUSE',
  unavailable: 'UNAVAILABLE',
} as const satisfies Record<StoreErrorCode, string>

/** The one place where an exception becomes an IMAP reply. */
export function toFailure(error: unknown): Failure {
  if (error instanceof ImapSyntaxError) return { status: 'BAD', code: 'CLIENTBUG', text: error.message, bug: false }
  if (error instanceof ImapBad) return { status: 'BAD', code: error.code, text: error.message, bug: false }
  if (error instanceof ImapNo) return { status: 'NO', code: error.code, text: error.message, bug: false }
  if (error instanceof LoginRefused) return LOGIN_FAILURE[error.failure]
  if (error instanceof StoreError) return { status: 'NO', code: RESPONSE_CODE[error.code], text: error.message, bug: false }
  return { status: 'NO', code: 'SERVERBUG', text: 'Internal error, see the server log', bug: true }
}

const LOGIN_FAILURE = {
  'bad-credentials': { status: 'NO', code: 'AUTHENTICATIONFAILED', text: 'Wrong user name or password', bug: false },
  busy: { status: 'NO', code: 'UNAVAILABLE', text: 'Too many logins at once, try again', bug: false },
  unavailable: { status: 'NO', code: 'UNAVAILABLE', text: 'Logins cannot be checked now, try again later', bug: false },
  'encryption-required': { status: 'NO', code: 'PRIVACYREQUIRED', text: 'Start TLS first', bug: false },
  malformed: { status: 'BAD', code: 'CLIENTBUG', text: 'Not a response of this mechanism', bug: false },
  cancelled: { status: 'BAD', code: undefined, text: 'Authentication cancelled', bug: false },
  'too-many': { status: 'NO', code: 'LIMIT', text: 'Too many failed logins, try again later', bug: false },
} as const satisfies Record<LoginFailure, Failure>
