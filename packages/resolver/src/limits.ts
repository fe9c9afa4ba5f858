const SECOND = 1000

/** ms that one server has for one question, where nothing else is said; the next is asked then. */
export const SERVER_TIME = 3 * SECOND
/** Rounds over all servers. */
export const ROUNDS = 2
/** Octets of an answer by UDP: what passes every network unbroken (RFC 9715). */
export const UDP_SIZE = 1232
/** Octets of an answer by TCP. */
export const TCP_SIZE = 65_535
/** CNAMEs that are followed. */
export const MAX_CHAIN = 8
/** Questions on their way at once. */
export const MAX_QUESTIONS = 200
/** Answers kept. */
export const CACHE_ENTRIES = 20_000
/** ms. Records that say they hold longer are asked for again. */
export const MAX_LIFE = 24 * 3600 * SECOND
/** ms. A name that is not there may be there soon (RFC 2308 section 5). */
export const MAX_NEGATIVE_LIFE = 900 * SECOND
/** ms, where no SOA says it. */
export const NEGATIVE_LIFE = 60 * SECOND
