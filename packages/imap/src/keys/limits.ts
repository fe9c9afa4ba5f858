/** Messages whose keys are asked for at once: what the store takes. */
export const KEYS_A_BATCH = 1000

/** Messages whose keys become part of a column at once; until then they stand beside it. */
export const KEYS_A_MERGE = 50_000

/** Octets that columns of all mailboxes may take while nobody uses them: some 20 an address, date or size of a message, 80 a subject. */
export const KEYS_KEPT = 32 * 1024 * 1024

/** What a column counts for at least. */
export const COLUMN_OCTETS = 1024

/** Message ids that a mailbox's columns tell apart; references to more of them are passed over. */
export const MAX_IDS = 4_000_000
