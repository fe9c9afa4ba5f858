/** Search keys of one command. A client that names messages one by one uses a set. */
export const MAX_KEYS = 1000

/** Parentheses, NOT and OR within each other; clients chain one OR a term. */
export const MAX_DEPTH = 200

/** Texts that one search looks for inside messages; each costs a pass over every slice. */
export const MAX_NEEDLES = 100

/** Numbers of a response that are written between two looks at the time. */
export const NUMBERS_A_STEP = 2048

/** Messages looked at between two looks at the time, when nothing has to be read. */
export const MESSAGES_A_STEP = 256

/** So many messages are looked into without asking the index first. */
export const FEW = 10

/** Messages that the store is asked to look into at once; it stops earlier where that takes long. */
export const UIDS_A_CALL = 500

/** Octets of one header that are searched: as many as the message scanner looks at. */
export const MAX_HEADER = 256 * 1024

/** Header fields looked at between two looks at the time. */
export const FIELDS_A_STEP = 100
