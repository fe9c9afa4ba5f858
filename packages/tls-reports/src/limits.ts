const MINUTE = 60_000
const HOUR = 60 * MINUTE

/** ms that a day has, in UTC. */
export const DAY = 24 * HOUR

/** ms between the times that counts are written. What is counted in between is lost at a crash. */
export const WRITE_INTERVAL = 1 * MINUTE
/** Kinds of session counted in between; further ones are not told of. */
export const MAX_COUNTED = 5000

/** ms behind a day's end until its first reports are made, when all its counts are written; and over how many more they are spread (RFC 8460 section 4.1). */
export const FIRST_DUE = 10 * MINUTE
export const SPREAD = 4 * HOUR
/** ms until a report is tried again, twice as long each time, and behind the day's end until it is given up (section 5.5). */
export const FIRST_RETRY = 15 * MINUTE
export const LONGEST_RETRY = 6 * HOUR
export const LIFETIME = 2 * DAY
/** Reports asked for at once. */
export const DUE_AT_ONCE = 20
/** ms after which due reports are looked for in any case. */
export const LONGEST_SLEEP = HOUR
/** ms until the store, or DNS, is asked again. */
export const TROUBLE_RETRY = 5 * MINUTE

/** Places of one record that are tried. */
export const MAX_TARGETS = 4
/** ms for the whole of an HTTPS request. */
export const POST_TIME = MINUTE

/** Octets of a received report in its message, and when it is unpacked: read in one go, so some ms. More than this stays mail alone. */
export const MAX_PACKED = 512 * 1024
export const MAX_UNPACKED = 2 * 1024 * 1024
/** What of a received report is kept. */
export const MAX_POLICIES = 20
export const MAX_FAILURES = 50
export const MAX_LINES = 50
export const MAX_TEXT = 300
