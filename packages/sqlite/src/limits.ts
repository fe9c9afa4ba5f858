/** Members of one commit group; bigger groups only add latency. */
export const GROUP_MEMBERS = 64
/** Octets of blobs in one commit group. */
export const GROUP_OCTETS = 4 * 1024 * 1024
/** Ids of emails and blobs that the writer reserves at once; as many are never given when it ends. */
export const IDS_AHEAD = 1000
/** How long what nobody waits for waits for another's commit. */
export const POSTPONED_MS = 1000
/** How long the times of logins are gathered, to be written together. */
export const LOGINS_MS = 5000
/** With so many accounts and passwords among them they are written at once. */
export const LOGINS_GATHERED = 1000
/** Messages a `fetch` call of a reader handles: no read transaction outlives one call. */
export const FETCH_ROWS = 200
/** Rows read at once where their bodies may be enough before the last. */
export const ROWS_WITH_BODIES = 16
/** Messages a batch of `listMessages` holds; narrow rows only. */
export const LIST_ROWS = 1000
/** Octets of a message's common fields that come along with many others; more are read by themselves. */
export const KEPT_HEADER = 16 * 1024
/** UIDs that one call of `changesSince` looks through, at about 0.1 µs each. */
export const CHANGES_WINDOW = 100_000
/** ms after which a search looks at no further message before it answers: what others who search wait for. */
export const SEARCH_STEP_MS = 20
/** Messages that are named to the search thread at once, to be looked into. */
export const SEARCH_ROWS = 1000
/** The same when the index is asked for them: some ms for their rows. */
export const CANDIDATE_ROWS = 20_000
/** Emails that one step of indexing takes, and ms after which it takes no more: what those who search wait for. */
export const INDEX_EMAILS = 128
export const INDEX_STEP_MS = 20
/** How long after a commit its messages are indexed: a burst of deliveries has the processors to itself. */
export const INDEX_DELAY_MS = 1000
/** While commits go on, a step of indexing is followed by a rest of so many times its length. */
export const INDEX_REST = 2
/** UTF-16 units of one email's text that are indexed; emails with more are always looked into. */
export const MAX_INDEXED_TEXT = 1024 * 1024
/** Trigrams that one search asks for, and of one text: more of them exclude hardly anything more. */
export const MAX_TRIGRAMS = 400
export const MAX_TRIGRAMS_A_TEXT = 24
/** Emails of an account that hold the trigrams: above that the search looks into all messages. */
export const MAX_MATCHES = 200_000
/** Messages whose emails the search thread remembers, of all mailboxes that were searched lately, at 12 octets each. */
export const MAILBOX_EMAILS = 500_000
/** Readers beside the writer. */
export const READERS = 2
/** How long a call is under way before others have a reader started for them: most take less than a ms, starting one takes some 60. */
export const READER_PATIENCE_MS = 5
/** How long a thread that is not always needed stays without a call: starting one anew costs some 60 ms, keeping it 15 MiB. */
export const THREAD_REST_MS = 20_000
/** Past this use the writer itself empties the WAL between two groups, after a passive checkpoint has done most of it. */
export const WAL_RESTART = 16 * 1024 * 1024
/** Up to this size the file of an emptied WAL stays: octets over old ones cost half of what octets of a growing file do. */
export const WAL_KEPT = 96 * 1024 * 1024
/** How long the writer waits for readers when it empties the WAL: as long as all others wait for it. */
export const WAL_RESTART_WAIT_MS = 100
/** The promise to the administrator: a WAL above it is a problem that `status` names. */
export const WAL_LIMIT = 256 * 1024 * 1024
/** Octets an incremental vacuum gives back in one member. */
export const VACUUM_OCTETS = 1024 * 1024
/** Messages freed by one member of a purge. */
export const PURGE_ROWS = 200
/** Octets freed by one member of a purge, unless a single message has more: all others wait for it. */
export const PURGE_OCTETS = 32 * 1024 * 1024
/** How long after a message was freed its UID is still told as vanished, before the pruned floor rises. */
export const TOMBSTONE_KEPT_MS = 180 * 24 * 3600 * 1000
/** How long the trace of a message that was accepted is kept, unless recipients of it still wait: for questions about lost mail, which come late. */
export const TRACE_KEPT_MS = 30 * 24 * 3600 * 1000
/** Keys of the trace in one slot: those of a page or two. A search looks into each slot. */
export const SLOT_KEYS = 128
/** Slots that one step of a search looks into: some ms. */
export const SLOTS = 500
/** Characters of a peer's words that are kept: an answer of many lines says what matters in its first ones. */
export const MAX_DIAGNOSIS = 1000
/** Reports of other servers on one recipient that the trace tells of: a delay or two, and what became of it. */
export const MAX_HEARD = 10
/** Entries of the queue that one step of a list or of an administrator's act looks at: some ms. */
export const QUEUE_WINDOW = 1000
/** Attempts of suspicious hosts that are remembered, at up to 700 octets each. */
export const GREYLIST_MARKS = 100_000
/** Networks of hosts that came again. */
export const GREYLIST_NETWORKS = 100_000
/** Marks and networks forgotten by one member. */
export const GREYLIST_FORGOTTEN = 500
/** MTA-STS policies of others that are kept, at up to 64 KiB, and mostly 200 octets, each. */
export const STS_POLICIES = 10_000
/** Days of domains whose TLS sessions are counted, or are remembered as told of. */
export const TLS_DAYS = 50_000
/** Policies told apart in one of them, and kinds of failure by each. */
export const TLS_POLICIES = 20
export const TLS_FAILURES = 50
/** Reports of others on TLS that are kept. */
export const TLS_REPORTS = 10_000
/** Days of domains counted by one member. */
export const COUNTED_DAYS = 50
/** Policies, days or reports forgotten by one member. */
export const FORGOTTEN = 200
/** Addresses that failed, or were entered, which one member forgets. */
export const SUPPRESSIONS_FORGOTTEN = 500
/** Blobs that one step looks at for what older programs have rendered: some ms. */
export const RENDERED_ROWS = 500
/** Messages rendered anew side by side, so that they share commits; each holds one chunk of its octets. */
export const RENEWED_AT_ONCE = 8
/** Mailboxes, by name or by id, that the main thread remembers with their counters, at some 500 octets each. */
export const MAILBOX_ROWS = 4000
/** Answers of the directory – accounts, addresses, domains, groups – that the main thread remembers, at some 600 octets each. */
export const DIRECTORY_ROWS = 10_000
/** Mailboxes of one account. */
export const MAX_MAILBOXES = 10_000
/** Entries of one access control list: all are read when anybody but the owner asks for it. */
export const MAX_ACL = 1000
/** Octets of a mailbox name. */
export const MAX_NAME = 1000
/** Levels of a mailbox name. */
export const MAX_DEPTH = 32
/** Message ids of a message that are kept to find its thread: the first, which begins the thread, and the nearest. */
export const MAX_REFERENCES = 20
/** Less free space on the disk is a problem that `status` names. */
export const DISK_LOW = 256 * 1024 * 1024
/** Commits that are not worth a checkpoint, for which a thread has to be started where little happens: some MiB at most, in the WAL till then. */
export const FEW_COMMITS = 50
/** The WAL has grown by as many octets since the last checkpoint: worth one, however few the commits were. */
export const WAL_FEW = 8 * 1024 * 1024
/** Between two passive checkpoints. */
export const CHECKPOINT_EVERY_MS = 1000
/** For so long it is known that a message was put into a mailbox for sent mail: longer than a mail program takes to save what it has sent. */
export const SENT_KNOWN_MS = 24 * 60 * 60_000
