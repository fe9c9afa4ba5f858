/** Where mail goes on to. */
export interface Forwarding {
  /** Addresses of ours and of others, domains as lower-case A-labels; in the order of the alphabet, none twice. */
  readonly targets: readonly string[]
  /** A copy stays in the account. */
  readonly keep: boolean
  /** Senders are told the address it goes to, where it is one alone (251, RFC 5321 section 3.4). */
  readonly told: boolean
}

/** An address that is no account's own: its mail goes to all of these. */
export interface Group extends Omit<Forwarding, 'keep'> {
  readonly localPart: string
  readonly domain: string
}
