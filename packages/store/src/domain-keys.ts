import type { EpochMs } from '@mailstead/base'

/** As DKIM names them (RFC 6376 section 3.3, RFC 8463). */
export type SigningAlgorithm = 'rsa-sha256' | 'ed25519-sha256'

/** Since when a key signs and until when: it does at `signsFrom`, and no more at `retiresAt`. */
export interface KeyTimes {
  /** Lower case; a domain has each once. */
  readonly selector: string
  readonly signsFrom: EpochMs
  /** `undefined`: nothing is to replace it yet. */
  readonly retiresAt: EpochMs | undefined
}

export interface NewDomainKey extends KeyTimes {
  readonly algorithm: SigningAlgorithm
  /** PKCS #8, DER. */
  readonly privateKey: Uint8Array
  /** As in the DNS record: base64. */
  readonly publicKey: string
}

export interface DomainKey extends NewDomainKey {
  readonly createdAt: EpochMs
}

/** What happens to a domain's keys in one commit. */
export interface DomainKeyChange {
  readonly add?: readonly NewDomainKey[]
  readonly times?: readonly KeyTimes[]
  readonly remove?: readonly string[]
}

/** Keys that mail of a domain is signed with: rows. Which of them signs is decided in `accounts`. They go with their domain. */
export interface DomainKeyRows {
  /** The oldest first, then by selector. None for a domain that does not exist. */
  domainKeys(domain: string): Promise<readonly DomainKey[]>
  /** All or nothing. `domain-not-found`; `in-use` when an added selector is taken. Selectors that are not there are passed over. */
  changeDomainKeys(domain: string, change: DomainKeyChange): Promise<void>
}
