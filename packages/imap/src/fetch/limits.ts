/** Messages asked for at once when only rendered columns are wanted: what the store takes. */
export const ROWS_A_BATCH = 200

/** Messages asked for at once when their bodies come along: with BODY_INLINE it bounds a session's memory. */
export const BODIES_A_BATCH = 50

/** Octets of a blob, or of its header, that come along with its row; larger ones are read in pieces while they are sent. */
export const BODY_INLINE = 32 * 1024

/** Octets of one header that HEADER.FIELDS reads; fields behind them are not seen. */
export const MAX_HEADER_READ = 1024 * 1024

/** FETCH responses without a look at the database between two looks at the time, and at whether the client keeps up. */
export const LINES_A_STEP = 50

/** Octets of what is told of messages in lists that were asked for more than once, of all mailboxes. */
export const LISTED_KEPT = 32 * 1024 * 1024
