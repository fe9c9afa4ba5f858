/** What a literal's octets became: kept, or handed to a sink whose `handle` stands for them. */
export type LiteralValue =
  | { readonly kind: 'memory'; readonly bytes: Uint8Array }
  | { readonly kind: 'stream'; readonly handle: unknown }
  /** Not read yet: the decoder sees a prefix of a command. */
  | { readonly kind: 'announced' }

export interface Literal {
  /** Offset in the frame's line just behind the announcement's `}`. */
  readonly at: number
  readonly size: number
  /** `~{n}`: literal8 of RFC 3516, which may hold NUL. */
  readonly binary: boolean
  readonly value: LiteralValue
}

/**
 * A command, or its beginning up to a literal: the line's octets without CRLF, literal announcements left in
 * place, and the literals in order.
 */
export interface Frame {
  readonly line: Uint8Array
  readonly literals: readonly Literal[]
}

/** Offset in the line, and how many literals stand before it. */
export interface DecoderPlace {
  readonly at: number
  readonly literal: number
}
