import { MAX_QUESTIONS } from '@mailstead/resolver'

/** Questions at once about names that strangers choose. */
export const NAME_QUESTIONS = MAX_QUESTIONS / 2

/** More that wait for a place; what comes then is not asked. */
export const NAME_QUEUE = 2_000

/** Names of one address that are looked at; some have hundreds. */
export const MAX_NAMES = 5

/** Characters of one reason, as log, trace and reply have it. */
export const MAX_REASON = 160

/** Characters of all reasons together in a reply: its line has 512 (RFC 5321 section 4.5.3.1.5). */
export const MAX_REASONS = 400

/** Networks of hosts that were turned down lately, in memory. */
export const SUSPECTS = 10_000

/** ms that such a network is remembered. */
export const SUSPECT_TIME = 60 * 60 * 1000

/** ms that its hosts wait for the greeting at least: who speaks first gives himself away. */
export const SUSPECT_WAIT = 3_000

/** ms after which a network that comes again is remembered anew: a commit a day, not one a message. */
export const ALLOWANCE_RENEWAL = 24 * 60 * 60 * 1000

/** ms between two warnings of DNS that does not know the internet. */
export const PROBE_WARNING = 60 * 60 * 1000

/** ms that SPF may take: RFC 7208 section 4.6.4 wants at least 20 s, but whoever sends waits. */
export const SPF_TIME = 8_000

/** ms that a message is authenticated for; less than a policy may take with it, which is 10 s. */
export const AUTHENTICATION_TIME = 9_000

/** Messages that are authenticated at once; more pass unseen. */
export const MAX_AUTHENTICATIONS = 100

/** Signatures that a message's results tell of. */
export const MAX_SIGNATURES = 10

/** Octets of a message that go to the thread at once. */
export const READ_SIZE = 64 * 1024

/** MiB that the thread may hold: a hundred headers of the largest size, and mailauth itself. */
export const THREAD_MEMORY = 256
