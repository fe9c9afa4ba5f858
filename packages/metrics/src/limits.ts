/** Values of one label that are told apart; what comes beyond is `other`. */
export const MAX_VALUES = 40

/** Milliseconds that what was observed holds: who asks more often hears the same. */
export const OBSERVE_EVERY = 5_000

/** Connections at once: a collector has one or two. */
export const MAX_CONNECTIONS = 20

/** Milliseconds for a request to come. */
export const REQUEST_TIME = 5_000
