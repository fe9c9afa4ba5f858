/** argon2id as OWASP asks at least: 19 MiB, two passes, one lane; 25–28 ms of one core. */
export const ARGON2 = { memoryCost: 19 * 1024, timeCost: 2, parallelism: 1 } as const

/** Octets of random salt and of the verifier (RFC 9106 section 3.1). */
export const SALT_LENGTH = 16
export const HASH_LENGTH = 32

/**
 * PBKDF2 rounds of a SCRAM verifier. OWASP asks for 600,000 with SHA-256, RFC 7677 section 4 for what takes a tenth of a
 * second, some 200,000 today; but Cyrus SASL, by which mbsync and others log in, refuses more than 65,536.
 */
export const SCRAM_ITERATIONS = 65_536

/** ms that a new key waits before it signs: its record has to be published by a person, and must be known wherever an older answer is kept. */
export const KEY_PUBLISHED = 2 * 24 * 60 * 60_000

/** ms before a key signs from which on its record is looked for. */
export const KEY_LOOK = 3 * 60 * 60_000

/** ms that a key waits longer when its record is not there. */
export const KEY_POSTPONED = 24 * 60 * 60_000

/** ms that the record of a key stays needed when it signs no more: mail waits five days to leave, and is looked at again later. */
export const KEY_KEPT = 7 * 24 * 60 * 60_000

/** Domains whose keys are kept ready to sign, some KiB each. */
export const MAX_KEYED_DOMAINS = 1000

/** Octets of randomness in the server's part of a nonce (RFC 5802 section 5.1). */
export const SCRAM_NONCE_LENGTH = 24

/** Characters of an APOP secret, 5 bits each: 160 bits, so that nobody who sees digests tries secrets out. */
export const APOP_SECRET_LENGTH = 32

/** Logins that wait for a hash: some two seconds' worth on two cores. More are told to come again. */
export const MAX_WAITING_LOGINS = 128

/** ms that a password once found right needs no hashing: a client opens its connections together, a poller comes every minute. */
export const SUCCESS_LIFE = 2 * 60_000

/** Passwords remembered as right, 32 octets each. */
export const MAX_SUCCESSES = 10_000

/** Octets of a new password; what SASL and the protocols carry. */
export const MAX_PASSWORD = 1024

/** Octets of a local part (RFC 5321 section 4.5.3.1.1). */
export const MAX_LOCAL_PART = 64

/** Octets of a domain as A-labels; RFC 1035 section 2.3.4 less the length octets. */
export const MAX_DOMAIN = 253

/** Addresses that one account or one group forwards to. */
export const MAX_TARGETS = 200

/** Rows of an import that are hashed and committed together. */
export const IMPORT_BATCH = 32

/** Octets of a bearer token; what the protocols' lines carry. */
export const MAX_TOKEN = 8192

/** ms that a token provider has for its answer; a client waits meanwhile. */
export const PROVIDER_TIME = 10_000

/** Octets of a provider's answer; key sets of large providers take some 10 KiB. */
export const MAX_PROVIDER_ANSWER = 256 * 1024

/** ms that a provider's keys serve before they are fetched anew; a key that it has withdrawn is good for so long. */
export const KEYS_LIFE = 60 * 60_000

/** ms between fetches of keys, whatever tokens name. */
export const KEYS_PAUSE = 30_000

/** Keys of one provider; large ones have a handful. */
export const MAX_KEYS = 64

/** ms by which the provider's clock and ours may differ. */
export const CLOCK_LEEWAY = 60_000

/** ms that a token once called active is not asked about again: a withdrawn one is good for so long. */
export const TOKEN_LIFE = 60_000

/** Tokens remembered as active, with what they say. */
export const MAX_KNOWN_TOKENS = 1000

/** Questions to the provider at once, and logins that wait for theirs. */
export const MAX_INTROSPECTIONS = 16
export const MAX_WAITING_INTROSPECTIONS = 128
