import type { EpochMs } from '@mailstead/base'

/** Who tried to write to whom. Compared as they are. */
export interface GreylistMark {
  /** `192.0.2.0/24` */
  readonly network: string
  /** Empty: the null reverse-path. */
  readonly sender: string
  readonly recipient: string
}

/** What is remembered of an attempt. */
export interface GreylistMemory {
  /** When it was noted for the first time. */
  readonly firstAt?: EpochMs
  /** When its network was let through last. */
  readonly allowedAt?: EpochMs
}

/**
 * Attempts of suspicious hosts that have to come again, and networks whose hosts did. Bounded: the oldest are forgotten when there are
 * too many. Mail that nobody holds up never comes here.
 */
export interface Greylist {
  recall(mark: GreylistMark): Promise<GreylistMemory>
  /** Remembers an attempt, with the time of the first one. */
  note(mark: GreylistMark): Promise<void>
  /** Lets a network through from now on; its marks are of no use any more. */
  allow(network: string): Promise<void>
  /** Forgets marks noted and networks allowed before; resolves to how many. Works in steps. */
  forget(before: { readonly marks: EpochMs; readonly networks: EpochMs }): Promise<number>
}
