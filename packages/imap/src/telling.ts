/** What may be told of other sessions' doings before a tagged reply (RFC 3501 section 7.4.1). */
export type Sync = 'nothing' | 'no-expunge' | 'everything'

/** Which news of the selected mailbox are told now. */
export interface Telling {
  readonly flags: boolean
  readonly expunges: boolean
  readonly arrivals: boolean
}

export const EVERYTHING: Telling = { flags: true, expunges: true, arrivals: true }
