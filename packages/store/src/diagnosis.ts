/** What a peer said, or what stood in its place. */
export interface Diagnosis {
  /** RFC 3463. */
  readonly status: string
  /** The reply in the peer's words, its lines joined; our own words when no peer was reached. */
  readonly text: string
  /** Host name and address of the peer that said it. */
  readonly peer?: string
}
