const KIB = 1024
const SECOND = 1000
const MINUTE = 60 * SECOND

/** Sizes are octets, times milliseconds. */
export interface Pop3Limits {
  readonly command: number
  readonly response: number
  readonly ahead: number
  readonly loginTime: number
  readonly idleTime: number
  readonly stallTime: number
  readonly badCommands: number
  readonly failedLogins: number
}

export const DEFAULT_LIMITS: Pop3Limits = {
  /** Without the line end. RFC 2449 section 4 asks for 255 with it; long passwords get some more. */
  command: 510,
  /** AUTH with its initial response, and each response: base64 of what the password checks take at most, and then some. */
  response: 8 * KIB,
  /** What may wait behind a running command before reading from the client is paused. */
  ahead: 64 * KIB,
  /** A stranger's connection without a login: slow people type, scanners sit. */
  loginTime: 3 * MINUTE,
  /** RFC 1939 section 3: at least 10 minutes. */
  idleTime: 10 * MINUTE,
  /** A client that takes none of what it asked for. */
  stallTime: 5 * MINUTE,
  /** Commands in a row that are no POP3: an HTTP client or a fuzzer, not a mail client. */
  badCommands: 10,
  /** Wrong passwords on one connection; clients retry once or twice. */
  failedLogins: 5,
}

/** A blob up to this size comes along with its row; a larger one is read in pieces. */
export const BODY_INLINE = 256 * KIB
/** Octets and messages that are read ahead for a client which fetches one message after the other. */
export const READ_AHEAD = 512 * KIB
export const MESSAGES_AHEAD = 64
/** Octets that are read ahead for all of them together: who finds no room is read one message at a time. */
export const AHEAD_IN_ALL = 32 * KIB * KIB
/** How long what was read ahead is kept for a client that may have had enough. */
export const AHEAD_KEPT = 20 * SECOND
/** First octets of a large message that TOP reads: more than nearly any header. */
export const TOP_STEP = 16 * KIB
/** Octets of a header in other letters than ASCII that are rewritten between two looks at the other connections. */
export const DOWNGRADE_STEP = 32 * KIB
/** Lines of a listing, and pipelined commands, between two looks at the other connections. */
export const LINES_A_STEP = 2000
export const COMMANDS_A_STEP = 500
/** Messages removed in one commit; more would let others' commits wait. */
export const REMOVE_STEP = 1000
/** How long the end of the last message and the goodbye may take to be read: a batch, at a modem's pace. */
export const LINGER = MINUTE
