/** Octets of header that are read to be signed: as many as submission takes, and what is added to them. A message with more is left unsigned. */
export const MAX_HEADER = 272 * 1024

/** Octets of a message that are read at once. */
export const READ_SIZE = 64 * 1024

/** Header fields one signature names, absent ones included. A message that needs more is left unsigned. */
export const MAX_SIGNED_FIELDS = 500

/** Characters of a line in what is written here: what RFC 5322 section 2.1.1 recommends. */
export const LINE = 78

/** RFC 8617 section 4.2.1. */
export const MAX_ARC_SETS = 50

/** Octets of one character-string of a TXT record (RFC 1035 section 3.3). */
export const TXT_STRING = 255

/** Octets of a line of a message that is to keep its signature (RFC 5322 section 2.1.1): longer ones are broken somewhere. */
export const MAX_LINE = 998

/** Octets of a message that is kept in memory while it leaves, once for each connection. */
export const MAX_HELD = 64 * 1024

/** Places of a message that is written otherwise, remembered with its signature; with more of them it is looked at for each destination. */
export const MAX_REMEMBERED_EDITS = 100

/** Messages whose signatures are remembered, 2 KiB each. */
export const MAX_REMEMBERED = 1000

/** ms that they are: a message leaves for all its destinations at once, or long after. */
export const REMEMBERED_FOR = 5 * 60_000
