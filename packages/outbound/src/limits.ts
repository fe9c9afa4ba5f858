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

/** Connections at once, all destinations together. */
export const MAX_CONNECTIONS = 100
/** Of them those to destinations that have not answered yet: dead ones leave room for the living. */
export const MAX_UNPROVEN = 50
/** Connections to one destination: what it begins with, and the most it ever gets. */
export const FIRST_CONNECTIONS = 2
export const MAX_DESTINATION_CONNECTIONS = 20
/** Addresses tried in one attempt. */
export const MAX_TRIES = 5
/** ms that a connection without work is kept. */
export const IDLE_TIME = 5 * SECOND

/** Lanes asked for at once, and recipients claimed of each. */
export const LANES = 50
export const LANE_RECIPIENTS = 100
/** Times in a row that all lanes which the store names may lead to servers that rest or have enough to do; the next look comes later. */
export const LOOKS = 5
/** Octets of messages that are sent as they were accepted, without reading them: as many as are under way at once where their servers answer soon. */
export const OCTETS_AT_HAND = 16 * 1024 * 1024
/** Recipients claimed and not yet settled, all together. */
export const MAX_CLAIMED = 5000
/** Messages claimed for one destination and not begun: with more no further ones are claimed, with fewer than the second number they are. */
export const FULL = 100
export const WANTING = 50
/** ms of a lease; it is renewed three times in that time. */
export const LEASE = 5 * MINUTE
/** ms between attempts to tell the store what has happened. */
export const SETTLE_RETRY = 1 * SECOND
/** ms after which the store is asked again when it did not answer. */
export const STORE_RETRY = 5 * SECOND
/** ms after which the queue is looked at in any case: timers of more than 24 days fire at once. */
export const LONGEST_SLEEP = 60 * MINUTE
/** ms that a destination rests after it could not be reached, twice as long each time, up to the second. */
export const FIRST_REST = 1 * MINUTE
export const LONGEST_REST = 15 * MINUTE
/** ms for which mail that is to be fetched is put aside. */
export const HOLD_TIME = 60 * MINUTE
/** ms for which mail that waits goes to servers that have asked for it, counted anew from each message. */
export const ASKED_TIME = 1 * MINUTE
/** ms in which one domain's mail is asked for or fetched once. */
export const REQUEST_INTERVAL = 1 * MINUTE
/** Domains of which it is remembered when that was. */
export const REQUESTS_KEPT = 10_000
/** ms between looks for mail that has waited too long to be fetched. */
export const STALE_INTERVAL = 60 * MINUTE
/** ms after which a message is made ready to go again, when that failed. */
export const PREPARE_RETRY = 5 * MINUTE
/** ms for what is under way when the server stops. */
export const STOP_TIME = 5 * SECOND
/** Destinations without work that are remembered for how they were. */
export const DESTINATIONS_KEPT = 1000

/** RFC 8461 section 3.3: ms and octets for a policy. */
export const STS_FETCH_TIME = 60 * SECOND
export const MAX_STS_POLICY = 64 * 1024
/** ms until a policy that could not be had is asked for again (section 3.3: at least five minutes). */
export const STS_RETRY = 5 * MINUTE
/** Seconds; the most that a policy may say (section 3.2). */
export const MAX_STS_AGE = 31_557_600
/** Domains whose policy, or lack of one, is in memory. */
export const STS_DOMAINS = 10_000
/** ms after which a policy is fetched anew (section 3.3: once a day), unless it was not used for so long; and how many at once. */
export const STS_REFRESH = 24 * 60 * MINUTE
export const STS_UNUSED = 60 * STS_REFRESH
export const STS_REFRESHED = 50
/** Lines of a policy that reports tell, and characters of each. */
export const MAX_POLICY_LINES = 50
export const MAX_POLICY_LINE = 300
/** Characters of what went wrong that reports tell. */
export const MAX_DETAIL = 200
/** Entries listed at once to learn whose mail waits for a domain. */
export const LISTED = 1000

/** Characters of a peer's words in the log; the trace has more of them. */
export const MAX_LOGGED = 200
