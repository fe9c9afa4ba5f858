import type { SortKeys } from './sort-keys.ts'

/** Changes whenever `MessageScanner` renders the same octets differently. */
export const RENDERER_VERSION = 7

/**
 * What is computed once when a message is stored and kept with its blob. Offsets inside are relative to the blob.
 * All fields are octets ready for the wire, or for `decodeStructure`. Those of a message that was scanned just now are made at each look: look once.
 */
export interface Rendered {
  /** RENDERER_VERSION of the code that made it; older ones are rendered again when read. */
  readonly version: number
  /** Octets of the blob's own header, the empty line that ends it included. */
  readonly headerSize: number
  /** IMAP ENVELOPE, parentheses included. */
  readonly envelope: Uint8Array
  /** IMAP BODYSTRUCTURE with extension data, parentheses included. */
  readonly bodyStructure: Uint8Array
  /**
   * The header fields of COMMON_FIELDS as they stand in the message, in its order, without the empty line. Empty when
   * the header is larger than MAX_HEADER_OCTETS: then read the blob.
   */
  readonly headers: Uint8Array
  /** Part tree with offsets. */
  readonly structure: Uint8Array
  /** Message-ID without angle brackets, if there is one. */
  readonly messageId: string | undefined
  readonly sortKeys: SortKeys
  /** Message ids of References and In-Reply-To, nearest last, without angle brackets; at most 50. */
  readonly references: readonly string[]
}
