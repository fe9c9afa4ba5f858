const SECOND = 1000
const MINUTE = 60 * SECOND

/** ms for a peer to take the connection; the kernel alone would wait for minutes. */
export const CONNECT_TIME = 30 * SECOND
/** ms for a TLS handshake. */
export const HANDSHAKE_TIME = 60 * SECOND

/** Servers of a domain that are looked at; the worse ones wait for another attempt. */
export const MAX_HOSTS = 10

/** ms, RFC 5321 section 4.5.3.2: how long a peer may take for its answers. */
export const GREETING_TIME = 5 * MINUTE
/** EHLO, STARTTLS, AUTH and RSET are not in the list; they get what MAIL gets. */
export const COMMAND_TIME = 5 * MINUTE
export const MAIL_TIME = 5 * MINUTE
export const RCPT_TIME = 5 * MINUTE
export const DATA_TIME = 2 * MINUTE
/** For each piece of a message to leave our buffers. */
export const BLOCK_TIME = 3 * MINUTE
/** From the final dot to its answer: shorter makes doubles (RFC 1047). */
export const FINAL_TIME = 10 * MINUTE
/** For the answer to QUIT: nothing depends on it. */
export const QUIT_TIME = 5 * SECOND

/** Octets of a message read from the store at once. */
export const READ_SIZE = 256 * 1024
/** Octets of a peer that nobody waits for; then it is not read until somebody does. */
export const MAX_UNREAD = 64 * 1024
/** Octets of a challenge of AUTH, in base64 (RFC 4954 section 4). */
export const MAX_CHALLENGE = 12_288
/** Rounds of SCRAM that a peer may have us count: more is an attack on our processor. */
export const MAX_SCRAM_ROUNDS = 1_000_000
