export type StoreErrorCode =
  | 'mailbox-not-found'
  | 'mailbox-exists'
  | 'mailbox-not-allowed' // the name or the act is not possible: DELETE INBOX, a name too long, a move into itself
  | 'not-permitted' // the actor sees the mailbox, but has no right to the act
  | 'message-not-found'
  | 'account-not-found'
  | 'account-exists'
  | 'domain-not-found'
  | 'domain-exists'
  | 'domain-in-use'
  | 'alias-not-found'
  | 'over-quota'
  | 'too-big'
  | 'limit' // keywords of a mailbox, mailboxes of an account
  | 'in-use' // a maildrop is locked
  | 'unavailable' // disk full, I/O error, shutting down: try again later

/** The only error that crosses the store's boundary. The message is fit for a client; `cause` is for the log. */
export class StoreError extends Error {
  override name = 'StoreError'
  readonly code: StoreErrorCode

  constructor(code: StoreErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
