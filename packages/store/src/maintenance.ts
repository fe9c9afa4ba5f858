import type { EpochMs } from '@mailstead/base'
import type { AccountId } from './ids.ts'

export interface StoreStatus {
  readonly schema: number
  /** Octets on disk. */
  readonly databaseSize: number
  readonly walSize: number
  readonly accounts: number
  readonly messages: number
  /** Emails that are not in the search index yet: searches look into them. */
  readonly unindexed: number
  /** Empty when well; else what is wrong, in words. */
  readonly problems: readonly string[]
}

/** What the store has done since it was opened, and what it takes. */
export interface StoreFigures {
  readonly commits: number
  /** Acts in them. */
  readonly acts: number
  /** What they took together, in ms. */
  readonly commitMs: number
  /** Octets on disk. */
  readonly databaseSize: number
  readonly walSize: number
}

export interface Maintenance {
  status(): Promise<StoreStatus>
  /** Costs no more than two looks at files. */
  figures(): Promise<StoreFigures>
  /** A consistent copy while the server runs; written beside `file`, synced, then renamed onto it. */
  backup(file: string): Promise<void>
  /**
   * Frees expunged messages older than `before`, and what else has outlived its time, as old traces. Works in steps;
   * resolves to the number of messages freed.
   */
  purgeExpunged(before: EpochMs): Promise<number>
  /** Makes the search index anew, or what it has of one account; resolves when that is done. Searches are right meanwhile, and slower. */
  reindex(account?: AccountId): Promise<void>
}
