import type { EpochMs } from '@mailstead/base'

export interface StoreStatus {
  readonly schema: number
  /** Octets on disk. */
  readonly databaseSize: number
  readonly walSize: number
  readonly accounts: number
  readonly messages: number
  /** Empty when well; else what is wrong, in words. */
  readonly problems: readonly string[]
}

export interface Maintenance {
  status(): Promise<StoreStatus>
  /** A consistent copy while the server runs; written beside `file`, synced, then renamed onto it. */
  backup(file: string): Promise<void>
  /**
   * Frees expunged messages older than `before`, and what else has outlived its time, as old traces. Works in steps;
   * resolves to the number of messages freed.
   */
  purgeExpunged(before: EpochMs): Promise<number>
}
