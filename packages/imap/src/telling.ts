/** Which news of the selected mailbox are told now. */
export interface Telling {
  readonly flags: boolean
  readonly expunges: boolean
  readonly arrivals: boolean
}

export const EVERYTHING: Telling = { flags: true, expunges: true, arrivals: true }
