/**
 * Octets of one name or password. RFC 4616 section 2 asks for at least 255; more than this is no password, and
 * argon2 would have to read all of it.
 */
export const MAX_FIELD = 1024
