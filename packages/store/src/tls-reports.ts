import type { EpochMs } from '@mailstead/base'

/** A policy that sessions went by, as a report tells it (RFC 8460 section 4.4). */
export interface TlsPolicyFacts {
  readonly type: 'tlsa' | 'sts' | 'no-policy-found'
  /** Of the policy: with DANE the name under which the TLSA records are. */
  readonly domain: string
  /** `policy-string`. */
  readonly lines: readonly string[]
  /** `mx-host`. */
  readonly patterns: readonly string[]
}

/** Sessions that failed in one way. What is not known is empty. */
export interface TlsFailures {
  /** A result type of RFC 8460 section 4.3. */
  readonly result: string
  readonly host: string
  readonly address: string
  /** Our own address. */
  readonly source: string
  /** `failure-reason-code`. */
  readonly reason: string
  readonly sessions: number
}

/** How the sessions by one policy went. `failed` may hold more than `failures` tell of. */
export interface TlsPolicyCounts {
  readonly policy: TlsPolicyFacts
  readonly succeeded: number
  readonly failed: number
  readonly failures: readonly TlsFailures[]
}

/** Days are counted since 1970-01-01, in UTC. */
export interface TlsDay {
  readonly day: number
  /** Of the recipients, in lower case and A-labels: who is told. */
  readonly domain: string
}

export interface TlsDayCounts extends TlsDay {
  /** When its report is to be made; counts only where the day and domain are new. */
  readonly dueAt: EpochMs
  readonly policies: readonly TlsPolicyCounts[]
}

export interface DueTlsReport extends TlsDay {
  /** How often it was tried. */
  readonly attempts: number
}

/** Of a report that somebody sent us. */
export interface ReceivedTlsReport {
  /** Of ours. */
  readonly domain: string
  readonly organization: string
  readonly contact: string
  readonly reportId: string
  readonly startsAt: EpochMs
  readonly endsAt: EpochMs
  readonly succeeded: number
  readonly failed: number
  readonly policies: readonly TlsPolicyCounts[]
}

/** What becomes known of TLS between us and others (RFC 8460). Everything is bounded in number and kept for days. */
export interface TlsReports {
  /** Adds to what is counted of a day and domain. Past the bounds on policies and failures only sums are kept. */
  count(counts: readonly TlsDayCounts[]): Promise<void>
  /** Reports to be made, the earliest first; `next`: when there is one again that is not among them. */
  due(now: EpochMs, limit: number): Promise<{ readonly due: readonly DueTlsReport[]; readonly next: EpochMs | undefined }>
  counted(day: TlsDay): Promise<readonly TlsPolicyCounts[]>
  /** Tried, and to be tried again then. Nothing happens to what is settled. */
  postpone(day: TlsDay, dueAt: EpochMs): Promise<void>
  /** It was sent, or nobody wants it. A message that carries it settles it with its acceptance (`AcceptPlan.tlsReport`). */
  settle(day: TlsDay): Promise<void>
  /** False: this report is there already (RFC 8460 section 5.3). */
  receive(report: ReceivedTlsReport): Promise<boolean>
  /** Received ones, of the youngest days first. */
  received(query: { readonly domain?: string; readonly since?: EpochMs }, limit: number): Promise<readonly ReceivedTlsReport[]>
  /** Forgets days before, and reports that arrived before; resolves to how many. Works in steps. */
  forget(before: { readonly day: number; readonly arrived: EpochMs }): Promise<number>
}
