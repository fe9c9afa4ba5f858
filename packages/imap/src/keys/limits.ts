/** Messages whose keys are asked for at once: what the store takes. */
export const KEYS_A_BATCH = 1000

/** Messages whose keys become part of a column at once; until then they stand beside it. */
export const KEYS_A_MERGE = 50_000

/** Octets of keys after which no further ones are read before they are part of a column. */
export const OCTETS_A_MERGE = 4 * 1024 * 1024

/** Octets that columns of all mailboxes may take while nobody uses them: some 20 an address, date or size of a message, 80 a subject. */
export const KEYS_KEPT = 32 * 1024 * 1024

/** How long a column is kept that nobody uses, and at most twice as long. */
export const KEYS_REST_MS = 10 * 60_000

/** What a column counts for at least. */
export const COLUMN_OCTETS = 1024

/** Message ids that a mailbox's columns tell apart; references to more of them are passed over. */
export const MAX_IDS = 4_000_000

/** Messages whose fields are asked for at once: they are decoded then, at 5 to 10 µs each. */
export const FIELDS_A_BATCH = 500

/** Messages whose fields a search reads before it looks; more are read while the index answers. */
export const FIELDS_AT_ONCE = 500

/** So many searches by the index come before a field is read, which costs what some fifteen of them do. */
export const SEARCHES_BEFORE = 10

/** The same where a column turned out to be too large. */
export const SEARCHES_BEFORE_AGAIN = 100

/** Messages of a mailbox whose fields are read: more are found by the index. */
export const FIELD_MESSAGES = 100_000

/** Octets of one field of a mailbox that are kept; where there are more, none are. */
export const FIELD_OCTETS = 16 * 1024 * 1024

/** Octets that are searched between two looks at the time. */
export const OCTETS_A_SCAN = 128 * 1024
