/** Octets of the original message that go back at most; of a larger one its header does. */
export const MAX_RETURNED = 50 * 1024

/** Octets of one field's value: a line of RFC 5322 section 2.1.1 holds it even unfolded. */
export const MAX_FIELD = 900

/** Recipients named in the text; the report's fields name all. */
export const MAX_NAMED = 50

/** Octets of a message that are read as a report, and recipients of it that are told. */
export const MAX_REPORT = 1024 * 1024
export const MAX_REPORTED = 1_000

/** Received fields of what came back that are told. */
export const MAX_REPORTED_HOPS = 100
