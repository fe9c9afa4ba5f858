/** ms for sessions to finish what they do once the server shall end; the whole stop has to take less than 10 s. */
export const DRAIN_TIME = 6_000

/** ms from the start until the memory that it has left is given back: what begins at a start has ended, and few have connected. */
export const START_OVER = 1000

/** ms between two looks at whether the server has come to rest. */
export const REST_LOOK = 1000

/** ms of processor time in one of them that are rest: what 2,000 idling sessions take, and timers. */
export const REST_CPU = 20

/** Looks in a row that find rest before memory is given back: not between two acts of a client, nor while V8, which looks back 5 s, keeps room for what comes next. */
export const REST_LOOKS = 5

/** ms of processor time since memory was last given back that make it worth doing again: it takes up to 200 in all threads, and those that ended begin again. */
export const WORK_DONE = 10_000

/** ms from the start to the first purge. */
export const FIRST_PURGE = 60 * 1000

/** ms between purges of messages whose time for undelete is over. */
export const PURGE_INTERVAL = 60 * 60 * 1000

/** ms that an expunged message stays at least, whatever `store.undelete_days` says: sessions that began before still read it. */
export const EXPUNGED_KEPT = 60 * 60 * 1000

/** ms between looks at the keys of domains. */
export const TIDY_INTERVAL = 60 * 60 * 1000

/** ms that a command waits for a folder that is in use while no server answers: one starts or stops, or another command works. */
export const BUSY_PATIENCE = 15_000

/** ms that a suspicious host has to come again, as servers with mail in their queue do for days. */
export const GREYLIST_MARK_LIFE = 2 * 24 * 60 * 60 * 1000

/** ms that a network is let through which came again: monthly newsletters are not held up each time. */
export const GREYLIST_NETWORK_LIFE = 36 * 24 * 60 * 60 * 1000

/** Mails an hour to postmasters on accounts that suddenly send a lot. */
export const ALARMS_AN_HOUR = 20

/** ms between looks at whether the names of our IPv6 addresses lead back to them. */
export const IPV6_INTERVAL = 60 * 60 * 1000

/** ms between looks at MTA-STS policies of others that want to be fetched anew. */
export const STS_INTERVAL = 10 * 60 * 1000

/** Names without a certificate that one line of the log tells. */
export const STS_NAMED = 20

/** Days whose TLS sessions are known: a report is tried for two of them. */
export const TLS_DAYS_KEPT = 14

/** Days that TLS reports of others are kept. */
export const TLS_REPORTS_KEPT = 180
