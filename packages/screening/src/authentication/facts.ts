import type { DnsAnswer, DnsType, RecordData } from '@mailstead/resolver'

/** How a message came. Plain data. */
export interface ArrivalFacts {
  /** Of the client: plain IPv4 or IPv6. */
  readonly address: string
  /** As EHLO said it. */
  readonly heloName: string
  /** Empty: the null reverse-path. */
  readonly mailFrom: string
  /** Ours, as Authentication-Results fields name it. */
  readonly hostName: string
}

/** As RFC 8601 section 2.7 has them. */
export type SpfResult = 'none' | 'neutral' | 'pass' | 'fail' | 'softfail' | 'temperror' | 'permerror'

/** What the domains that a message names say of it. Plain data. */
export interface Authentication {
  readonly spf: { readonly domain: string; readonly result: SpfResult }
  /** In the order of the message; at most MAX_SIGNATURES of them. */
  readonly dkim: readonly { readonly domain: string; readonly result: string }[]
  /** `undefined`: the author's domain has no policy, or there is no single author's domain. */
  readonly dmarc: { readonly domain: string; readonly result: string; readonly policy: string } | undefined
  readonly arc: 'none' | 'pass' | 'fail'
  /** The value of an Authentication-Results field, folded: what an ARC set has too. ASCII. */
  readonly results: string
}

/** What the thread needs of the other side while it works. */
export interface Surroundings {
  /** Octets from `offset`; none at the end. */
  read(offset: number): Promise<Uint8Array>
  look<T extends DnsType>(type: T, name: string): Promise<DnsAnswer<RecordData[T]>>
}

/** To the thread. */
export type ToThread =
  | { readonly kind: 'begin'; readonly id: number; readonly arrival: ArrivalFacts }
  | { readonly kind: 'answer'; readonly question: number; readonly value: unknown }

/** From the thread. A question names the message it is about. */
export type FromThread =
  | { readonly kind: 'read'; readonly id: number; readonly question: number; readonly offset: number }
  | { readonly kind: 'look'; readonly id: number; readonly question: number; readonly type: DnsType; readonly name: string }
  | { readonly kind: 'done'; readonly id: number; readonly found: Authentication }
  | { readonly kind: 'failed'; readonly id: number; readonly error: string }
