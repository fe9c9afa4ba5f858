import type { TextNeedle } from '@mailstead/mime'
import type { AccountChange, Change, Unwatch } from './changes.ts'
import type { AccountId, MailboxId, ModSeq, Uid } from './ids.ts'
import type { Blobs } from './blobs.ts'
import type { TextFilter, TextMatches } from './text-search.ts'
import type { Mailbox, SeenMode, SpecialUse } from './mailbox.ts'
import type {
  AppendedUids,
  ChangeBatch,
  CopiedUids,
  FetchWants,
  FlagChange,
  FlagResult,
  KeyBatch,
  KeyName,
  MaildropBatch,
  MessageBatch,
  MessageRow,
  NewMessage,
} from './message.ts'
import type { Metadata, MetadataChange, MetadataSize } from './metadata.ts'
import type { AclEntry, Purpose, RightsChange, Subject } from './rights.ts'

/** Octets and messages an account holds, and may hold. Expunged messages do not count. */
export interface QuotaUse {
  readonly octets: number
  readonly messages: number
  readonly octetLimit: number | undefined
  readonly messageLimit: number | undefined
}

/**
 * The mailboxes one actor may see: his own, and below OTHER_USERS what others share with him. Every method is one commit or one read; none holds a
 * lock afterwards. Writes resolve after the commit, and after the changes they made were told to the watchers.
 * All methods reject with `StoreError` only. What NEEDS asks for is looked at in each act's own transaction: without the right a mailbox that the
 * actor may see answers `not-permitted`, and one that he may not see answers `mailbox-not-found`, as one that does not exist.
 */
export interface MailStore {
  readonly actor: AccountId
  readonly blobs: Blobs

  /** All that the actor may see, ordered by name; INBOX first, others' mailboxes last. */
  listMailboxes(): Promise<readonly Mailbox[]>
  /** Names subscribed to, also of mailboxes that do not exist (RFC 9051 section 6.3.7); of others' mailboxes those that can be seen. */
  listSubscriptions(): Promise<readonly string[]>
  /** `mailbox-not-found`, `not-permitted`. INBOX in any case of letters; other names exactly. `purpose`: what for, at first; default `see`. */
  openMailbox(name: string, purpose?: Purpose): Promise<Mailbox>
  /** `purpose` as there; default `read`. */
  mailboxById(id: MailboxId, purpose?: Purpose): Promise<Mailbox>
  /**
   * Makes missing superior mailboxes too (RFC 9051 section 6.3.4). `mailbox-exists`, `mailbox-not-allowed`, `limit`. Each gets the access control
   * list and the \Seen mode of the mailbox above it.
   */
  createMailbox(name: string, options?: { readonly specialUse?: SpecialUse }): Promise<Mailbox>
  /** Inferior mailboxes stay; the access control list goes. `mailbox-not-found`, `mailbox-not-allowed` for INBOX. */
  deleteMailbox(name: string): Promise<void>
  /**
   * Takes inferior mailboxes along and makes missing superiors of the new name; a name that only has inferiors is moved too. INBOX: its messages move to the
   * new mailbox, INBOX stays and is empty, its inferiors stay (RFC 9051 section 6.3.6). Annotations go with the mailbox, and INBOX's are copied
   * (RFC 5464 section 4.1). Access control lists stay as they are. `mailbox-not-allowed` from one owner to another.
   */
  renameMailbox(from: string, to: string): Promise<void>
  subscribe(name: string): Promise<void>
  unsubscribe(name: string): Promise<void>

  /** Messages with a UID above `after`, in ascending batches of at most 1,000. */
  listMessages(mailbox: MailboxId, after?: Uid): AsyncIterable<MessageBatch>
  /** Sizes and UIDLs of the messages there are, in ascending batches of at most 1,000. */
  listMaildrop(mailbox: MailboxId): AsyncIterable<MaildropBatch>
  /** What happened after `modSeq`. */
  changesSince(mailbox: MailboxId, modSeq: ModSeq): Promise<ChangeBatch>
  /**
   * Rows of the UIDs that exist, ascending; also of expunged ones as long as their tombstone is whole, so that
   * sessions which were not yet told can still read them. At most 200 UIDs a call.
   */
  fetch(mailbox: MailboxId, uids: readonly Uid[], wants: FetchWants): Promise<readonly MessageRow[]>
  /** Nobody looks at the octets of these rows of a `fetch` any more: memory that is theirs alone is free at once. */
  release(rows: readonly MessageRow[]): void

  /**
   * Those of the `uids`, ascending, whose text may hold what the filter says: never without one that does. A store without an index
   * gives back all.
   */
  searchCandidates(mailbox: MailboxId, uids: readonly Uid[], filter: TextFilter): Promise<readonly Uid[]>
  /**
   * Looks for texts in messages as `findNeedles` of the mime package does, away from the event loop: in as many of the `uids`,
   * ascending, as some milliseconds allow. Expunged messages are looked at as `fetch` reads them.
   */
  searchTexts(mailbox: MailboxId, uids: readonly Uid[], needles: readonly TextNeedle[]): Promise<TextMatches>

  /**
   * A key of the UIDs (ascending) that exist, and of expunged ones as `fetch` reads them. Keys of a UID never change. At most 1,000
   * UIDs a call.
   */
  keys(mailbox: MailboxId, uids: Uint32Array, name: KeyName): Promise<KeyBatch>

  /** All or none. `over-quota` and `mailbox-not-found` leave the staged blobs staged: the caller releases them. */
  append(mailbox: MailboxId, messages: readonly NewMessage[]): Promise<AppendedUids>
  /**
   * Appends `message` to `target` and expunges `uid` of `source`, in one transaction; only the net growth counts for the quota
   * (RFC 8508 section 3.4). `message-not-found` when `uid` is gone; refusals leave the staged blob staged and the old message there.
   */
  replace(source: MailboxId, uid: Uid, target: MailboxId, message: NewMessage): Promise<AppendedUids>
  /** Raises no modseq where nothing changes. Unknown UIDs are skipped. `limit`: no room for a further keyword. */
  changeFlags(mailbox: MailboxId, uids: readonly Uid[], change: FlagChange): Promise<FlagResult>
  /** One transaction; unknown UIDs are skipped; `over-quota` copies nothing. */
  copy(source: MailboxId, uids: readonly Uid[], target: MailboxId): Promise<CopiedUids>
  /** One transaction: nobody sees a message in both mailboxes or in none. Within one mailbox the messages get fresh UIDs (RFC 6851 section 3.3). */
  move(source: MailboxId, uids: readonly Uid[], target: MailboxId): Promise<CopiedUids>
  /** Removes those of `uids` (default: all) that carry \Deleted, or, with `anyFlags`, whether they carry it or not. */
  expunge(mailbox: MailboxId, options?: { readonly uids?: readonly Uid[]; readonly anyFlags?: boolean }): Promise<readonly Uid[]>

  /**
   * The first UID that is \Recent for this session. `claim` (a read-write SELECT) makes later callers see only
   * younger messages as recent; EXAMINE and STATUS only look.
   */
  recent(mailbox: MailboxId, claim: boolean): Promise<Uid>

  /** The actor's access key of a mailbox (RFC 4467 section 2.2), 32 octets; `undefined`: there is none. Needs `read`, as does `makeUrlKey`. */
  urlKey(mailbox: MailboxId): Promise<Uint8Array | undefined>
  /** The key; a fresh one where there is none, and with `renew` always: URLs made by the one before are void then. */
  makeUrlKey(mailbox: MailboxId, renew: boolean): Promise<Uint8Array>
  /** The actor's keys of all mailboxes go. */
  dropUrlKeys(): Promise<void>

  /** Annotations of a mailbox that the actor sees; without a mailbox the actor's own of the server. `mailbox-not-found`, as both below. */
  listMetadata(mailbox: MailboxId | undefined): Promise<readonly MetadataSize[]>
  /** Those of `names` that there are, in their order. */
  metadata(mailbox: MailboxId | undefined, names: readonly string[]): Promise<readonly Metadata[]>
  /** All or none. `too-big` above MAX_METADATA_VALUE; `limit` above MAX_METADATA_ENTRIES or MAX_ACCOUNT_METADATA. What stays the same is told to nobody. */
  setMetadata(mailbox: MailboxId | undefined, changes: readonly MetadataChange[]): Promise<void>

  /** The access control list, by subject. Needs `administer`, as do the two below. */
  acl(mailbox: MailboxId): Promise<readonly AclEntry[]>
  /** `mailbox-not-allowed`: the owner's rights cannot be changed. An entry without rights goes. `account-not-found`, `limit`. */
  setRights(mailbox: MailboxId, subject: Subject, change: RightsChange): Promise<void>
  /** Every message gets a new modseq, for its \Seen may be another. */
  setSeenMode(mailbox: MailboxId, mode: SeenMode): Promise<void>

  /** Of the owner of `mailbox`, with the rights that `purpose` needs, default `read`; without a mailbox the actor's own. */
  quota(mailbox?: MailboxId, purpose?: Purpose): Promise<QuotaUse>

  /** Calls `listener` after each commit that touched the mailbox, before the act's own promise resolves. */
  watch(mailbox: MailboxId, listener: (change: Change) => void): Unwatch
  /** The same of every mailbox that the actor owns, those to come too. */
  watchMailboxes(listener: (change: Change) => void): Unwatch
  watchAccount(listener: (change: AccountChange) => void): Unwatch
}

export interface MailStores {
  /** The mailboxes of `actor`, and those shared with it. */
  for(actor: AccountId): MailStore
  readonly blobs: Blobs
  /** Every account's changes, for caches. */
  watchAccounts(listener: (change: AccountChange) => void): Unwatch
}
