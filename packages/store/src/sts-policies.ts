import type { EpochMs } from '@mailstead/base'

/** An MTA-STS policy of another domain, as it was fetched (RFC 8461). */
export interface KeptStsPolicy {
  /** Of the TXT record that it was fetched for. */
  readonly recordId: string
  /** As it was served. */
  readonly text: string
  readonly until: EpochMs
  /** When it was fetched, or could not be fetched again, last. */
  readonly checkedAt: EpochMs
  /** When mail went by it last; to the day. */
  readonly usedAt: EpochMs
}

/**
 * Policies that hold for as long as they say, over restarts too: who keeps us from fetching one must not get rid of it. Bounded: those that were
 * fetched longest ago go when there are too many. Domains are in lower case and A-labels.
 */
export interface StsPolicies {
  find(domain: string): Promise<KeptStsPolicy | undefined>
  /** In the place of an earlier one. */
  keep(domain: string, policy: KeptStsPolicy): Promise<void>
  /** Of a policy that is there still. */
  note(domain: string, times: { readonly checkedAt: EpochMs } | { readonly usedAt: EpochMs }): Promise<void>
  /** Domains whose policy was looked after before, and used since, the one that waits longest first. */
  stale(checkedBefore: EpochMs, usedSince: EpochMs, limit: number): Promise<readonly string[]>
  /** Forgets what held until then; resolves to how many. Works in steps. */
  forget(until: EpochMs): Promise<number>
}
