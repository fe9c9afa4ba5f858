const SECOND = 1000

/** ms for a whole connection: handshake, request, answer. */
export const CONNECTION_TIME = 20 * SECOND
/** Octets of a request's header, and fields in it. */
export const MAX_HEADER = 8 * 1024
export const MAX_FIELDS = 50
