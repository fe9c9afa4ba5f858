/** What of a connection decides which mechanisms it is offered. */
export interface LoginConnection {
  /** Encrypted, or excused by the configuration: a password may be taken. */
  readonly secure: boolean
  /** The TLS channel; absent in clear. */
  readonly channel?: Channel | undefined
}

/** The TLS channel that a login runs in. */
export interface Channel {
  /** Types of channel binding (RFC 5056) that this channel has: `tls-exporter`. */
  readonly bindings: readonly string[]
  /** The channel binding's octets; `undefined` when the channel has no binding of this type. */
  binding(type: string): Uint8Array | undefined
  /** The client's certificate, if it showed one that the configured CA has signed. */
  readonly certificate: ClientCertificate | undefined
}

/** A certificate whose chain and validity have been checked. */
export interface ClientCertificate {
  /** Mail addresses that it names. */
  readonly addresses: readonly string[]
  /** One line for the log. */
  readonly subject: string
}

/** What a mechanism knows about the connection it runs on. */
export interface LoginContext extends LoginConnection {
  readonly protocol: 'imap' | 'pop3' | 'smtp' | 'managesieve'
  readonly remoteAddress: string
  /** The connection's id in the log. */
  readonly session: string
}

/** Who logged in. `account` is the accounts package's id, opaque here. */
export interface Identity {
  readonly account: number
  /** The full address, as the log shows it. */
  readonly address: string
  /** Capabilities of IMAP that the account is not offered; absent: none. */
  readonly capabilitiesOff?: readonly string[]
}

export type LoginFailure =
  | 'bad-credentials' // unknown user, wrong password, disabled account: told apart in the log only
  | 'busy' // the hashing queue is full: try again
  | 'unavailable' // the store is in trouble: try again
  | 'encryption-required'
  | 'malformed'
  | 'cancelled'
  | 'too-many'

export type LoginResult = { readonly ok: true; readonly identity: Identity } | Refusal

export interface Refusal {
  readonly ok: false
  readonly failure: LoginFailure
}

/**
 * What mechanisms ask; the accounts package answers. Nothing here throws or rejects. `authorize` is always the address
 * to act as: empty or the login's own, else refused.
 */
export interface Credentials {
  checkPassword(login: string, password: string, authorize: string, context: LoginContext): Promise<LoginResult>
  /** Absent: not configured, as with all below. */
  readonly scram?: ScramCredentials | undefined
  readonly tokens?: TokenCredentials | undefined
  readonly certificates?: CertificateCredentials | undefined
  readonly apop?: ApopCredentials | undefined
}

/** APOP of POP3 (RFC 1939 section 7). */
export interface ApopCredentials {
  /** `timestamp`: of the greeting, angle brackets included. `digest`: MD5 of it and the secret, 32 hexadecimal digits. */
  checkDigest(login: string, timestamp: string, digest: string, context: LoginContext): Promise<LoginResult>
}

export type ScramHash = 'SHA-256' | 'SHA-1'

/** RFC 5802 section 3: what the server keeps instead of the password. */
export interface ScramVerifier {
  readonly salt: Uint8Array
  readonly iterations: number
  readonly storedKey: Uint8Array
  readonly serverKey: Uint8Array
}

/** What came of the client's proof; all but `proven` are the same to the client. */
export type ScramVerdict =
  | 'proven'
  | 'wrong-proof'
  | 'downgraded' // the client was made to believe that there is no channel binding
  | 'binding-not-supported'
  | 'binding-mismatch' // two TLS channels where there should be one

export interface ScramCandidate {
  readonly ok: true
  /** Of the account; of nobody, and the same at each try, when there is none by that name. */
  readonly verifier: ScramVerifier
  /** The server's part of the nonce: printable, no comma. */
  readonly nonce: string
  conclude(verdict: ScramVerdict, authorize: string): Promise<LoginResult>
}

export interface ScramCredentials {
  /** Whether every account that may log in can do so by it: it is announced then only. */
  offers(hash: ScramHash): boolean
  find(login: string, hash: ScramHash, context: LoginContext): Promise<ScramCandidate | Refusal>
}

export type TokenResult = LoginResult | (Refusal & { readonly error: TokenError })

/** RFC 7628 section 3.2.2: tells the client where to get a token that fits. */
export interface TokenError {
  readonly status: 'invalid_token' | 'insufficient_scope'
  readonly scope?: string
  readonly 'openid-configuration'?: string
}

export interface TokenCredentials {
  /** A bearer token (RFC 6750) as the client sent it. */
  checkToken(token: string, authorize: string, context: LoginContext): Promise<TokenResult>
}

export interface CertificateCredentials {
  checkCertificate(certificate: ClientCertificate, authorize: string, context: LoginContext): Promise<LoginResult>
}
