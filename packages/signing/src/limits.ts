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

/** Messages whose signatures are remembered, 2 KiB each. */
export const MAX_REMEMBERED = 1000

/** ms that they are: a message leaves for all its destinations at once, or long after. */
export const REMEMBERED_FOR = 5 * 60_000
