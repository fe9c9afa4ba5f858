import { LoginRefused, type LoginFailure } from '@mailstead/sasl'
import { StoreError, type StoreErrorCode } from '@mailstead/store'
import { Pop3SyntaxError, type Pop3ResponseCode } from '@mailstead/wire'

/** A refusal in the client's own terms: `-ERR [code] message`. */
export class Pop3Refusal extends Error {
  override name = 'Pop3Refusal'
  readonly code: Pop3ResponseCode | undefined

  constructor(message: string, code?: Pop3ResponseCode) {
    super(message)
    this.code = code
  }
}

export interface Failure {
  readonly code: Pop3ResponseCode | undefined
  readonly text: string
  /** No POP3: counted against the client. */
  readonly bad: boolean
  /** Nobody foresaw it: the log needs the stack. */
  readonly bug: boolean
}

/** RFC 2449 section 8.1 and RFC 3206 section 4: try again, or ask somebody. */
const RESPONSE_CODE = {
  'mailbox-not-found': 'SYS/PERM',
  'mailbox-exists': 'SYS/PERM',
  'mailbox-not-allowed': 'SYS/PERM',
  'not-permitted': 'SYS/PERM',
  'message-not-found': undefined,
  'account-not-found': 'SYS/PERM',
  'account-exists': 'SYS/PERM',
  'domain-not-found': 'SYS/PERM',
  'domain-exists': 'SYS/PERM',
  'domain-in-use': 'SYS/PERM',
  'alias-not-found': 'SYS/PERM',
  'over-quota': 'SYS/PERM',
  'too-big': 'SYS/PERM',
  limit: 'SYS/PERM',
  'in-use': 'IN-USE',
  unavailable: 'SYS/TEMP',
} as const satisfies Record<StoreErrorCode, Pop3ResponseCode | undefined>

/** AUTH stands only where other credentials would help (RFC 3206 section 6). */
const LOGIN_FAILURE = {
  'bad-credentials': refused('Wrong user name or password', 'AUTH'),
  busy: refused('Too many logins at once, try again', 'SYS/TEMP'),
  unavailable: refused('Logins cannot be checked now, try again later', 'SYS/TEMP'),
  'encryption-required': refused('Start TLS first'),
  malformed: { ...refused('Not a response of this mechanism'), bad: true },
  cancelled: refused('Authentication cancelled'),
  'too-many': refused('Too many failed logins, try again later', 'SYS/TEMP'),
} as const satisfies Record<LoginFailure, Failure>

/** The one place where an exception becomes an -ERR. */
export function toFailure(error: unknown): Failure {
  if (error instanceof Pop3SyntaxError) return { ...refused(error.message), bad: true }
  if (error instanceof Pop3Refusal) return refused(error.message, error.code)
  if (error instanceof LoginRefused) return LOGIN_FAILURE[error.failure]
  if (error instanceof StoreError) return refused(error.message, RESPONSE_CODE[error.code])
  return { ...refused('Internal error, see the server log', 'SYS/TEMP'), bug: true }
}

function refused(text: string, code?: Pop3ResponseCode): Failure {
  return { code, text, bad: false, bug: false }
}
