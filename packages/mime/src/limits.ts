/** Octets of one part's header that are looked at; fields beyond them are not seen. A flood of header lines stays cheap. */
export const MAX_HEADER_OCTETS = 256 * 1024

/** Octets of all headers of a message that are looked at; parts whose header lies beyond them are opaque. */
export const MAX_TOTAL_HEADER_OCTETS = 2 * 1024 * 1024

/** Octets of one header field that is rewritten in ASCII: some 30 ms at the worst. Three hundred names and addresses fit. */
export const MAX_DOWNGRADED_FIELD = 32 * 1024

/** Parts of a message, its root included; the last one takes all the rest as opaque octets. */
export const MAX_PARTS = 10_000

/** Levels of multipart and message below the root; what lies deeper is opaque. */
export const MAX_DEPTH = 100

/** RFC 2046 section 5.1.1 allows 70 octets; mail has more. What does not fit a line of 998 octets counts as no boundary. */
export const MAX_BOUNDARY = 994

/** A line longer than this, its end included, is never a delimiter: room for white space behind the boundary. */
export const MAX_DELIMITER_LINE = 1_024

/** Message ids kept of References and In-Reply-To. */
export const MAX_REFERENCES = 50

/** Characters of a subject, a name or an address that messages are sorted by; what is equal so far counts as equal. */
export const MAX_SORT_TEXT = 2_000

/** Message ids of one References field that threads are made of; the nearest are kept. */
export const MAX_THREAD_REFERENCES = 200

/** A message id longer than a line of RFC 5322 section 2.1.1 names nothing. */
export const MAX_MESSAGE_ID = 998

/** Comments within comments; deeper ones end where they are. */
export const MAX_COMMENT_DEPTH = 100

/** Sections of one RFC 2231 parameter. */
export const MAX_PARAMETER_SECTIONS = 1_000

/** Parameters of one field that are decoded by RFC 2231 for a reader; mail has one or two. */
export const MAX_DECODED_PARAMETERS = 20

/** Octets of a header that is written with another encoding: it is held whole for that. */
export const MAX_REENCODED_HEADER = 1024 * 1024
