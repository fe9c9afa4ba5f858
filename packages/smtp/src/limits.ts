/** What one client may ask for. Times in milliseconds, sizes in octets. */
export interface SmtpLimits {
  /** Announced as SIZE: a message as sent, dots taken out. */
  readonly messageSize: number
  /** RFC 5321 section 4.5.3.1.8 asks for at least 100. */
  readonly recipients: number
  /** MAIL commands of one connection (RFC 9422 section 4.1); `undefined`: as many as come. */
  readonly messages?: number | undefined
  /** A line of a message; RFC 5321 section 4.5.3.1.6 allows 998, real mail does not keep to it. */
  readonly messageLine: number
  /** RFC 5321 section 4.5.3.2.7. Only whole commands and message octets count as signs of life. */
  readonly idle: number
  /** From the first octet of a message to the last. */
  readonly messageTime: number
  /** Octets a second of a message, taken over the idle time: a client that gives an octet now and then is no honest one. */
  readonly slowest: number
  /** Refused commands of one connection, RCPT apart. */
  readonly errors: number
  /** Refused recipients of one connection: lists with dead addresses are honest, dictionaries are not. */
  readonly refusedRecipients: number
  readonly loginAttempts: number
  /** Commands of one connection since its last message that brought none nearer: NOOP all day long is honest, thousands at once are not. */
  readonly useless: number
}

export const DEFAULT_LIMITS: SmtpLimits = {
  messageSize: 50 * 1024 * 1024,
  recipients: 1000,
  messageLine: 64 * 1024,
  idle: 300_000,
  messageTime: 3_600_000,
  slowest: 50,
  errors: 20,
  refusedRecipients: 200,
  loginAttempts: 3,
  useless: 1000,
}

/** A command line: 512 octets of RFC 5321 section 4.5.3.1.4, and what extensions and UTF-8 add. */
export const MAX_COMMAND = 2048

/** Milliseconds that a time to release a message at may be over: clocks differ. */
export const HOLD_SLACK = 300_000

/** A line of an AUTH exchange, RFC 4954 section 4. */
export const MAX_AUTH_LINE = 12_288

/**
 * Octets of a client that may wait while others of it are being kept; then it is not read any more. More than one read of its socket
 * brings, or each would stop the next.
 */
export const INPUT_AHEAD = 64 * 1024 + 1

/** Octets swallowed of a line that does not end, and behind a goodbye; then nothing more is read. */
export const MAX_SWALLOWED_LINE = 1024 * 1024

/** Octets swallowed of a message that is too big, as a multiple of the limit; then the connection is cut. */
export const SWALLOW_FACTOR = 4

/** Characters of replies to pipelined commands that wait to be written together. */
export const MAX_GATHERED = 4096

/** For how long pipelined commands, of all connections together, may hold the event loop before it looks at its sockets again. */
export const TURN = 3

/** Addresses, and as many networks, whose doings are remembered, of each kind that is counted; some 350 octets each. */
export const MAX_COUNTED_KEYS = 10_000

/** Accounts whose sending is remembered, some 500 octets each. */
export const MAX_COUNTED_ACCOUNTS = 100_000

/** An account is warned of when it sends so many times what it does in an hour of its day before. */
export const ALERT_FACTOR = 5
