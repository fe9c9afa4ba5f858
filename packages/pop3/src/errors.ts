import { LoginRefused, type LoginFailure } from '@mailstead/sasl'
import { StoreError, type StoreErrorCode } from '@mailstead/store'
import { Pop3SyntaxError, type Pop3ResponseCode, type Pop3SyntaxCode } from '@mailstead/wire'
import { LANGUAGES, type Say } from './texts.ts'

/** A refusal in the client's own terms: `-ERR [code] text`. */
export class Pop3Refusal extends Error {
  override name = 'Pop3Refusal'
  readonly say: Say
  readonly code: Pop3ResponseCode | undefined
  /** No POP3: counted against the client. */
  readonly bad: boolean

  constructor(say: Say, code?: Pop3ResponseCode, bad = false) {
    super(say(LANGUAGES.en.texts))
    this.say = say
    this.code = code
    this.bad = bad
  }
}

/** A refusal of what is no POP3. */
export function badSyntax(say: Say): Pop3Refusal {
  return new Pop3Refusal(say, undefined, true)
}

export interface Failure {
  readonly code: Pop3ResponseCode | undefined
  readonly say: Say
  readonly bad: boolean
  /** Nobody foresaw it: the log needs the stack. */
  readonly bug: boolean
}

const SYNTAX_ERROR = {
  'not-utf8': (texts) => texts.notUtf8,
  'control-character': (texts) => texts.controlCharacter,
  'no-number': (texts) => texts.numberNeeded,
} as const satisfies Record<Pop3SyntaxCode, Say>

/** For somebody to look into (RFC 3206 section 4). */
const REFUSED_BY_STORE = refused((texts) => texts.storeRefused, 'SYS/PERM')

/** RFC 2449 section 8.1 and RFC 3206 section 4: try again, or ask somebody. */
const STORE_FAILURE = {
  'mailbox-not-found': REFUSED_BY_STORE,
  'mailbox-exists': REFUSED_BY_STORE,
  'mailbox-not-allowed': REFUSED_BY_STORE,
  'not-permitted': REFUSED_BY_STORE,
  'message-not-found': REFUSED_BY_STORE,
  'account-not-found': REFUSED_BY_STORE,
  'account-exists': REFUSED_BY_STORE,
  'domain-not-found': REFUSED_BY_STORE,
  'domain-exists': REFUSED_BY_STORE,
  'domain-in-use': REFUSED_BY_STORE,
  'alias-not-found': REFUSED_BY_STORE,
  'over-quota': REFUSED_BY_STORE,
  'too-big': REFUSED_BY_STORE,
  limit: REFUSED_BY_STORE,
  'in-use': refused((texts) => texts.inUse, 'IN-USE'),
  unavailable: refused((texts) => texts.storeUnavailable, 'SYS/TEMP'),
} as const satisfies Record<StoreErrorCode, Failure>

/** AUTH stands only where other credentials would help (RFC 3206 section 6). */
const LOGIN_FAILURE = {
  'bad-credentials': refused((texts) => texts.wrongPassword, 'AUTH'),
  busy: refused((texts) => texts.loginsBusy, 'SYS/TEMP'),
  unavailable: refused((texts) => texts.loginsUnavailable, 'SYS/TEMP'),
  'encryption-required': refused((texts) => texts.startTlsFirst),
  malformed: { ...refused((texts) => texts.malformedResponse), bad: true },
  cancelled: refused((texts) => texts.cancelled),
  'too-many': refused((texts) => texts.tooManyLogins, 'SYS/TEMP'),
} as const satisfies Record<LoginFailure, Failure>

/** The one place where an exception becomes an -ERR. */
export function toFailure(error: unknown): Failure {
  if (error instanceof Pop3SyntaxError) return { ...refused(SYNTAX_ERROR[error.code]), bad: true }
  if (error instanceof Pop3Refusal) return { ...refused(error.say, error.code), bad: error.bad }
  if (error instanceof LoginRefused) return LOGIN_FAILURE[error.failure]
  if (error instanceof StoreError) return STORE_FAILURE[error.code]
  return { ...refused((texts) => texts.internalError, 'SYS/TEMP'), bug: true }
}

function refused(say: Say, code?: Pop3ResponseCode): Failure {
  return { code, say, bad: false, bug: false }
}
