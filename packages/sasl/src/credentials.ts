/** What a mechanism knows about the connection it runs on. */
export interface LoginContext {
  readonly protocol: 'imap' | 'pop3' | 'smtp' | 'managesieve'
  /** Encrypted, or excused by the configuration: a password may be taken. */
  readonly secure: boolean
  readonly remoteAddress: string
  /** The connection's id in the log. */
  readonly session: string
}

/** Who logged in. `account` is the accounts package's id, opaque here. */
export interface Identity {
  readonly account: number
  /** The full address, as the log shows it. */
  readonly address: string
}

export type LoginFailure =
  | 'bad-credentials' // unknown user, wrong password, disabled account: told apart in the log only
  | 'busy' // the hashing queue is full: try again
  | 'unavailable' // the store is in trouble: try again
  | 'encryption-required'
  | 'malformed'
  | 'cancelled'
  | 'too-many'

export type LoginResult = { readonly ok: true; readonly identity: Identity } | { readonly ok: false; readonly failure: LoginFailure }

/** What mechanisms ask; the accounts package answers. Never throws. */
export interface Credentials {
  /** `authorize`: the address to act as; empty or the login's own, else refused. */
  checkPassword(login: string, password: string, authorize: string, context: LoginContext): Promise<LoginResult>
}
