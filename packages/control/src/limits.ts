/** Octets of one line in either direction: a request with its arguments, or one part of an answer. */
export const MAX_LINE = 1024 * 1024

/** Rows of a long answer that travel in one line. */
export const PART_ROWS = 200

/** Administrators at once; the socket is private to the server's own user, so this only stops runaway scripts. */
export const MAX_CONNECTIONS = 64

/** Requests under way on one connection; further ones wait in the socket. */
export const MAX_REQUESTS = 16

/** How long requests that run may take to finish when the server stops, ms. */
export const DRAIN_MS = 3000

/** `sun_path` holds 108 octets on Linux and 104 on macOS and the BSDs, the final NUL included. */
export const MAX_SOCKET_PATH = 103
