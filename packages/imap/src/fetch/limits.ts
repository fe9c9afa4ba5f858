/** Messages asked for at once when only rendered columns are wanted: what the store takes. */
export const ROWS_A_BATCH = 200

/** Messages asked for at once when octets of theirs come along. */
export const BODIES_A_BATCH = 50

/** Octets of a blob that come along with its row where all of them are sent; larger ones are read in pieces while they are sent. */
export const WHOLE_INLINE = 256 * 1024

/** The same of a blob of which a part is sent, or of a header. */
export const BODY_INLINE = 32 * 1024

/** Octets of bodies in one batch; at most WHOLE_INLINE more. While one batch is sent the next is read: with that it bounds a session's memory. */
export const BODIES_TOGETHER = 512 * 1024

/** Octets of one header that HEADER.FIELDS reads; fields behind them are not seen. */
export const MAX_HEADER_READ = 1024 * 1024

/** FETCH responses without a look at the database between two looks at the time, and at whether the client keeps up. */
export const LINES_A_STEP = 50

/** Octets of what is told of messages in lists that were asked for more than once, of all mailboxes. */
export const LISTED_KEPT = 32 * 1024 * 1024
