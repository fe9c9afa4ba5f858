const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE

/** Connections at once, all services together: each holds a file descriptor and some 20–60 KiB. */
export const MAX_CONNECTIONS = 4000

/** Of one IPv4 address or one IPv6 /64: an office behind one address with ten connections a client still fits. */
export const MAX_CONNECTIONS_PER_ADDRESS = 100

/** ms for a TLS handshake: three round trips of a bad mobile line. */
export const HANDSHAKE_TIME = 30_000

/** ms in which a proxy has to say whom it passes on: it has nothing to wait for. */
export const PROXY_TIME = 10_000

/** ms that a refused client has to take our answer. */
export const REFUSAL_TIME = 5_000

/** Connections that the kernel holds for each socket until we take them; who finds no room tries again a second later. */
export const BACKLOG = 1024

/** Sockets of one port. In each turn of the event loop one connection of each is taken (libuv), however many wait. */
export const ACCEPTORS = 8

/** ms between looks at given certificate files: watching them misses renames and mounts. */
export const FILE_POLL = 5_000

/** ms between looks at the age of our own certificate. */
export const RENEWAL_CHECK = 12 * 60 * MINUTE

/** ms. Clients refuse server certificates that live longer (CA/Browser Forum baseline requirement 6.3.2: 398 days). */
export const LEAF_LIFE = 397 * DAY

/** ms before its end at which our own certificate is made anew. */
export const RENEW_BEFORE = 30 * DAY

/** ms. Users install it by hand, so it has to last. */
export const CA_LIFE = 3650 * DAY

/** ms that a certificate is valid before it was made: clients' clocks are slow at times. */
export const CLOCK_SKEW = 60 * MINUTE

/** Seconds that a TLS session can be resumed. */
export const SESSION_LIFE = 2 * 60 * 60

/** Octets of a transcript that wait for the disk; further lines are left out. */
export const MAX_TAP_BUFFER = 8 * 1024 * 1024
