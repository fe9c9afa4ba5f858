/** Octets free on the data folder's disk below which `status` calls the server unwell. */
export const LOW_DISK = 512 * 1024 * 1024

/** ms before the end of a given certificate from which `status` calls the server unwell. Our own is renewed earlier. */
export const CERTIFICATE_NOTICE = 14 * 24 * 60 * 60 * 1000

/** The store keeps its write-ahead log below 256 MiB; twice that means that checkpoints do not get through. */
export const LARGE_WAL = 512 * 1024 * 1024

/** ms that `status` waits for the server. A health check gives it 10 s. */
export const STATUS_PATIENCE = 8_000

/** ms that `send-test` waits for its message to be delivered. */
export const TEST_PATIENCE = 10_000

/** Accounts of an import that are hashed and committed together, and reported after that: about a second on one core. */
export const IMPORT_BATCH = 32
