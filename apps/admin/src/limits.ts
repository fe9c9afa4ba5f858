/** ms before the end of a given certificate from which `status` calls the server unwell. Our own is renewed earlier. */
export const CERTIFICATE_NOTICE = 14 * 24 * 60 * 60 * 1000

/** ms that `status` waits for the server. A health check gives it 10 s. */
export const STATUS_PATIENCE = 8_000

/** Recipients that `queue list` prints, and messages that `trace` tells of, unless more are asked for. */
export const QUEUE_LISTED = 1000
export const TRACE_LISTED = 20
/** Reports that `tls reports` shows. */
export const TLS_LISTED = 100
/** The most that either can be asked for: all of it is in memory once. */
export const MAX_LISTED = 100_000

/** ms that `send-test` waits for its message to be delivered. */
export const TEST_PATIENCE = 10_000

/** Accounts of an import that are hashed and committed together, and reported after that: about a second on one core. */
export const IMPORT_BATCH = 32
