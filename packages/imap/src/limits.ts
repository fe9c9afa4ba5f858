const KIB = 1024
const SECOND = 1000
const MINUTE = 60 * SECOND

/** Sizes are octets, times milliseconds. */
export interface ImapLimits {
  readonly lineBeforeLogin: number
  readonly line: number
  readonly literalsBeforeLogin: number
  readonly literals: number
  readonly literalCount: number
  readonly continuation: number
  readonly message: number
  readonly ahead: number
  readonly loginTime: number
  readonly idleTime: number
  readonly idleRest: number
  readonly newsRest: number
  readonly newsMailboxes: number
  readonly newsNames: number
  readonly searchedMailboxes: number
  readonly updatedSearches: number
  readonly updatedMessages: number
  readonly stallTime: number
  readonly messagesAtOnce: number
  readonly progressTime: number
  readonly badCommands: number
  readonly failedLogins: number
  readonly sessionsPerAccount: number
  readonly nameLength: number
  readonly pendingChanges: number
  readonly urls: number
}

export const DEFAULT_LIMITS: ImapLimits = {
  /** RFC 2683 section 3.2.1.5 asks for at least 8,000; strangers get no more. */
  lineBeforeLogin: 8 * KIB,
  /** Thunderbird names thousands of single UIDs in one line. */
  line: 128 * KIB,
  /** A user name and a password; RFC 7888 section 5 has 4,096 for LITERAL- too. */
  literalsBeforeLogin: 4 * KIB,
  /** Search texts and mailbox names; messages of APPEND are streamed and do not count. */
  literals: 256 * KIB,
  /** A long search with every term as a literal; the framer's work is bounded by it. */
  literalCount: 128,
  /** One response in AUTHENTICATE: base64 of what the password checks take at most, and then some. */
  continuation: 16 * KIB,
  /** The largest message APPEND takes; SMTP's own limit stands in its package. */
  message: 64 * KIB * KIB,
  /** What may wait behind a running command before reading from the client is paused. */
  ahead: 64 * KIB,
  /** A stranger's connection without a login: slow people type, scanners sit. */
  loginTime: 3 * MINUTE,
  /** RFC 3501 section 5.4: at least 30 minutes once logged in. */
  idleTime: 31 * MINUTE,
  /**
   * IDLE tells nothing at first: Thunderbird begins it while its last update of the folder is still ending, and what it
   * hears then it passes over until the next push.
   */
  idleRest: 500,
  /** Changes of other mailboxes are gathered so long before NOTIFY tells of them: one read a mailbox and burst. */
  newsRest: 200,
  /** Mailboxes whose messages one session has itself notified of; beyond it the answer is NOTIFICATIONOVERFLOW (RFC 5465 section 5.8). */
  newsMailboxes: 1000,
  /** Changes of mailbox names that wait for one session; beyond it, the same. */
  newsNames: 200,
  /** Mailboxes that one ESEARCH looks into (RFC 7377 section 2.4). */
  searchedMailboxes: 2000,
  /** Searches of one session whose results are updated (RFC 5267): each is asked again of every message that comes or changes. */
  updatedSearches: 10,
  /** Messages in all of their results together, four octets each. */
  updatedMessages: 250_000,
  /** A client that takes none of what it asked for, or stops inside a command. */
  stallTime: 5 * MINUTE,
  /** Told to clients that split what they do; more than any mailbox has, since nothing here needs them to. */
  messagesAtOnce: 1_000_000,
  /** Often enough for clients and firewalls, which wait for half a minute at least; seldom enough to be no load. */
  progressTime: 10 * SECOND,
  /** Commands in a row that are no IMAP: an HTTP client or a fuzzer, not a mail client. */
  badCommands: 20,
  /** Wrong passwords on one connection; clients retry once or twice. */
  failedLogins: 5,
  /** Thunderbird opens 5, families share an account on a dozen devices; far above both. */
  sessionsPerAccount: 500,
  /** Octets of UTF-8 in a mailbox name, all levels together. */
  nameLength: 1000,
  /** Changes kept for views that have not told them; a view further behind compares everything instead. */
  pendingChanges: 1000,
  /** URLs in one GENURLAUTH or URLFETCH; each is looked up and may be a whole message. */
  urls: 100,
}

/** APPENDs of one client that are on their way to the store at once, and octets of their literals: they share a commit. */
export const OVERLAPPING = 64
export const OVERLAPPING_OCTETS = 1024 * KIB

/**
 * Messages of mailboxes that nobody has selected any more, whose indexes are kept for who comes back; 13 octets each, 29 with keywords. Reading one of
 * a million messages anew takes a third of a second, which each SELECT would cost that begins with giving up the same mailbox.
 */
export const RESTING_MESSAGES = 2_000_000

/** What the index of a small mailbox counts for, as messages. */
export const RESTING_AT_LEAST = 100

/** Tables that are kept for accounts with capabilities switched off, by what is off; some 20 KiB each. */
export const REGISTRY_VARIANTS = 32
