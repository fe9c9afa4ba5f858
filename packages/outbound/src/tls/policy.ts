import type { TlsaData } from '@mailstead/resolver'

/** How safe a connection has to be. */
export type TlsPolicy =
  /** In clear, although TLS may be offered: what is left after a handshake failed where nothing forbids it. */
  | { readonly kind: 'clear' }
  /** TLS where it is offered, with whatever certificate (RFC 7435). */
  | {
      readonly kind: 'opportunistic'
      /** Told, and not asked for: a certificate of a known authority for one of the names. The other: there is none that would do. */
      readonly expected?: { readonly names: readonly string[] } | 'no-server-of-the-policy'
    }
  /** TLS with whatever certificate: an unusable set of TLSA records (RFC 7672 section 2.2), or configured so. */
  | { readonly kind: 'encrypted' }
  /** A certificate of a known authority for one of `names`. */
  | { readonly kind: 'verified'; readonly names: readonly string[] }
  /** RFC 7672: `records` are usable ones; `names` are what a DANE-TA(2) certificate may be for; the first one is asked for by SNI (section 8.1). */
  | { readonly kind: 'dane'; readonly records: readonly TlsaData[]; readonly names: readonly string[] }

/** Whether the peer must be who it says it is. */
export function isAuthenticated({ kind }: TlsPolicy): boolean {
  return kind === 'verified' || kind === 'dane'
}

export function isMandatory({ kind }: TlsPolicy): boolean {
  return kind === 'encrypted' || kind === 'verified' || kind === 'dane'
}
