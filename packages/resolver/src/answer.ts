/** A record's data, by type. Names are lower case without a final dot; addresses as Node writes them. */
export interface RecordData {
  A: string
  AAAA: string
  MX: MxData
  /** The strings of one record put together, an octet a character (RFC 7208 section 3.3). */
  TXT: string
  PTR: string
  TLSA: TlsaData
  /** What a name stands for itself: it is not followed. */
  CNAME: string
}

export type DnsType = keyof RecordData

export interface MxData {
  readonly preference: number
  /** Empty: the domain takes no mail (RFC 7505). */
  readonly exchange: string
}

/** RFC 6698 section 2.1. */
export interface TlsaData {
  readonly usage: number
  readonly selector: number
  readonly matching: number
  readonly data: Uint8Array
}

export type DnsFailure =
  | 'timeout' // no server answered in time
  | 'server-failure' // SERVFAIL: DNSSEC that does not hold is said in this way too
  | 'refused' // REFUSED, and whatever else no server should say
  | 'malformed' // what came cannot be read, or CNAMEs lead nowhere
  | 'bad-name' // the name cannot stand in DNS, nobody was asked

/**
 * What became of a question. `authenticated`: the server vouches for it by DNSSEC, and is trusted to (RFC 4035 section 3.2.3).
 * What is temporary and what is not differs with who asks, so failures are no exceptions.
 */
export type DnsAnswer<T> =
  /** `alias`: the name that the one asked for stands for, at the end of all CNAMEs. */
  | { readonly kind: 'records'; readonly records: readonly T[]; readonly authenticated: boolean; readonly alias?: string }
  | { readonly kind: 'none'; readonly reason: 'no-such-name' | 'no-such-record'; readonly authenticated: boolean }
  | { readonly kind: 'failed'; readonly reason: DnsFailure }

/** Never rejects. */
export interface Resolver {
  look<T extends DnsType>(type: T, name: string): Promise<DnsAnswer<RecordData[T]>>
}
