/** Received fields in an incoming message beyond which it goes in circles; RFC 5321 section 6.3 wants no less than 100. */
export const MAX_RECEIVED = 100

/** Octets of an incoming header that are held back to be looked at. More passes unseen, or is refused on submission. */
export const MAX_HEADER = 256 * 1024

/** Milliseconds a policy may take with a recipient or a message; then it is taken as if there were no policy. */
export const POLICY_TIMEOUT = 10_000

/** Milliseconds that a policy may keep a client waiting for the greeting; RFC 5321 section 4.5.3.2.1 lets it wait five minutes. */
export const GREETING_DELAY = 15_000

/** Addresses that one address of ours may lead to in the end, groups and accounts on the way included. */
export const MAX_LEADS = 1000

/** Senders rewritten here in turn that one report is given back by: mail that came through here twice has two. */
export const MAX_RETURNS = 3

/** Octets of a line of a binary message that may stay as it is, in headers and texts: what SMTP takes of other messages. */
export const MAX_LINE = 64 * 1024

/** Octets of an incoming report that are looked at: some hundred recipients and the header that comes back. One step of up to 30 ms, mostly below one. */
export const REPORT_READ = 128 * 1024

/** Messages that an incoming report may be about, of which the trace is read. */
export const MAX_CLAIMS = 5

/** Messages whose reports are asked for at once. */
export const REPORTS_AT_ONCE = 20

/** Milliseconds until a report that could not be made is tried again. */
export const REPORT_RETRY = 60_000

/** Milliseconds without another line until a report is made: recipients that fail together are told of together. And how long the first one waits at most. */
export const REPORT_GATHER = 3_000
export const REPORT_GATHER_MOST = 60_000

/** Lanes whose due mail is taken at once, recipients of each, and messages that are delivered beside each other. */
export const DUE_LANES = 20
export const DUE_RECIPIENTS = 1000
export const DUE_AT_ONCE = 8

/** Milliseconds for which what is taken is nobody else's: more than a delivery here takes. */
export const DUE_LEASE = 10 * 60_000

/** Milliseconds until it is looked whether what was queued is for a mailbox here and due: mostly it is not, and what comes meanwhile is looked at with it. */
export const DUE_LOOK = 1_000

/** Milliseconds until it is tried again what the store was not there for. */
export const DUE_RETRY = 10_000

/** Milliseconds that no timer exceeds: clocks are put right, and Node takes no more than 24 days. */
export const LONGEST_SLEEP = 3_600_000
