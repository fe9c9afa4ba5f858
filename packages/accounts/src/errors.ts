import { StoreError, type StoreErrorCode } from '@mailstead/store'

export type AccountErrorCode =
  | 'bad-address'
  | 'bad-capability'
  | 'bad-domain'
  | 'bad-forwarding' // to nobody, to too many, or round in circles
  | 'bad-password'
  | 'bad-quota'
  | 'account-exists' // also when the address is taken otherwise
  | 'account-not-found'
  | 'alias-not-found'
  | 'domain-exists'
  | 'domain-in-use'
  | 'domain-not-found'
  | 'keys-waiting' // new keys of a domain are there and do not sign yet
  | 'unavailable'

/** What an act of administration can come to. The message is one line for the administrator. */
export class AccountError extends Error {
  override name = 'AccountError'
  readonly code: AccountErrorCode

  constructor(code: AccountErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** What the directory says, in this package's words. Codes that a directory never gives are trouble of the store. */
const CODE = {
  'account-exists': 'account-exists',
  'account-not-found': 'account-not-found',
  'alias-not-found': 'alias-not-found',
  'domain-exists': 'domain-exists',
  'domain-in-use': 'domain-in-use',
  'domain-not-found': 'domain-not-found',
  'mailbox-not-found': 'unavailable',
  'mailbox-exists': 'unavailable',
  'mailbox-not-allowed': 'unavailable',
  'not-permitted': 'unavailable',
  'message-not-found': 'unavailable',
  'over-quota': 'unavailable',
  'too-big': 'unavailable',
  limit: 'unavailable',
  'in-use': 'unavailable',
  unavailable: 'unavailable',
} as const satisfies Record<StoreErrorCode, AccountErrorCode>

/** Runs an act on the directory; `subject`, where there is one, begins the message: `ann@example.org: Account does not exist`. */
export async function administer<T>(subject: string | undefined, act: () => Promise<T>): Promise<T> {
  try {
    return await act()
  } catch (error) {
    if (!(error instanceof StoreError)) throw error
    const message = subject === undefined ? error.message : `${subject}: ${error.message}`
    throw new AccountError(CODE[error.code], message, { cause: error })
  }
}
