import type { EpochMs } from '@mailstead/base'
import type { BlobId, EmailId, MailboxId, ModSeq, ThreadId, Uid, Uidl } from './ids.ts'
import type { Flags } from './flags.ts'
import type { StagedBlob } from './blobs.ts'

/** A point in time and the zone its writer named, minutes east of UTC: INTERNALDATE goes back as it came. */
export interface ZonedTime {
  readonly at: EpochMs
  readonly zone: number
}

/**
 * Flags and modseqs of messages in ascending UID order, as parallel arrays: message i has uids[i], modSeqs[i],
 * system[i] and the words keywords[4i … 4i+3] (`undefined`: no message of the batch has a keyword).
 */
export interface MessageBatch {
  readonly uids: Uint32Array
  readonly modSeqs: Float64Array
  readonly system: Uint8Array
  readonly keywords: Uint32Array | undefined
}

/** What a maildrop's listings need, in ascending UID order, as parallel arrays. Sizes are octets. */
export interface MaildropBatch {
  readonly uids: Uint32Array
  readonly sizes: Float64Array
  readonly uidls: Float64Array
}

/** What `changesSince` tells: messages new or changed, and UIDs that are gone. The last batch has `done`. */
export interface ChangeBatch {
  readonly changed: MessageBatch
  readonly vanished: Uint32Array
  /** True when the modseq asked for lies below the pruned floor: `vanished` is then incomplete, compare all UIDs. */
  readonly incomplete: boolean
  readonly highestModSeq: ModSeq
  /** The mailbox's keyword names by bit, as of this batch. */
  readonly keywordNames: readonly string[]
}

/** Which costly columns `fetch` brings along. */
export interface FetchWants {
  readonly envelope?: boolean
  readonly bodyStructure?: boolean
  readonly headers?: boolean
  readonly structure?: boolean
  /** Brings the whole blob along when it has at most so many octets. */
  readonly bodyUpTo?: number
  /** No further row comes behind the one with which the bodies have so many octets: who wants the others asks again. */
  readonly enough?: number
  /** Brings the blob's own header along, its empty line included, when it has at most so many octets. */
  readonly headerUpTo?: number
}

/**
 * By what messages are sorted, threaded and found without a look at the rest of them. Numbers: `internal-date`, `save-date` and
 * `sent` (the Date field, where it cannot be read the internal date) in milliseconds since 1970, `internal-local` being what
 * INTERNALDATE shows, as if that were UTC; `size` in octets. Texts, as UTF-8: the rest, see `SortKeys` of the mime package;
 * with `subject` 1 for a reply. `all-…`: what `foldedFields` tells of the fields of that name, an octet 255 behind each; instead of more than
 * MAX_FIELD_TEXT octets the number 1. `ancestry`: 16 octets each for the message's id (zeros where there is none) and for the ids
 * it refers to, the nearest last; equal ids have equal octets.
 */
export type KeyName =
  | 'internal-date'
  | 'internal-local'
  | 'save-date'
  | 'sent'
  | 'size'
  | 'subject'
  | 'from'
  | 'to'
  | 'cc'
  | 'display-from'
  | 'display-to'
  | FieldName
  | 'ancestry'

/** Fields whose texts are searched. */
export type FieldName = `all-${'bcc' | 'cc' | 'from' | 'subject' | 'to'}`

/** No letters have more addresses than fit in here. */
export const MAX_FIELD_TEXT = 64 * 1024

/** Keys of messages in ascending UID order: message i has numbers[i], and octets[ends[i-1]] up to octets[ends[i]]. */
export interface KeyBatch {
  readonly uids: Uint32Array
  readonly numbers: Float64Array
  readonly ends: Uint32Array
  readonly octets: Uint8Array
}

/** One message as FETCH, TOP or RETR need it. The message is `prefix` followed by the blob; `size` covers both. */
export interface MessageRow {
  readonly uid: Uid
  readonly size: number
  readonly internalDate: ZonedTime
  /** When the message came into this mailbox (RFC 8514); MOVE and COPY set it anew. */
  readonly saveDate: EpochMs
  readonly emailId: EmailId
  readonly threadId: ThreadId
  readonly uidl: Uidl
  readonly blob: BlobId
  readonly blobSize: number
  readonly prefix: Uint8Array
  /** Flags at the time of the expunge when the message is gone from the mailbox and only a tombstone holds it. */
  readonly expunged: boolean
  /** Rendered once at delivery, see `Rendered` of the mime package; offsets are relative to the blob. */
  readonly envelope?: Uint8Array
  readonly bodyStructure?: Uint8Array
  readonly headers?: Uint8Array
  readonly structure?: Uint8Array
  readonly body?: Uint8Array
  readonly header?: Uint8Array
}

/** A message to append; its blob was staged before. */
export interface NewMessage {
  readonly blob: StagedBlob
  readonly flags: Flags
  readonly internalDate: ZonedTime
  /**
   * Mail that the owner has sent: when the server saved a copy of it here of late (`AcceptPlan.sentCopy`), `append` adds the flags to that one and answers its
   * UID, and keeps no other; else the server is not to save one any more.
   */
  readonly sent?: boolean
}

export type FlagMode = 'replace' | 'add' | 'remove'

export interface FlagChange {
  readonly mode: FlagMode
  readonly flags: Flags
  /** Messages with a modseq above it are left alone and named in `modified` (RFC 7162 section 3.1.3). */
  readonly unchangedSince?: ModSeq
}

export interface FlagResult {
  /** UIDs that failed the `unchangedSince` test. */
  readonly modified: readonly Uid[]
  /** False when everything was as wanted already: `modSeq` is then that of somebody else's act. */
  readonly changed: boolean
  /** The account's modseq after the act; of the changed messages if any changed. */
  readonly modSeq: ModSeq
}

/** Old and new UIDs of COPY and MOVE, in ascending order of the old ones. */
export interface CopiedUids {
  readonly mailbox: MailboxId
  readonly uidValidity: number
  readonly from: readonly Uid[]
  readonly to: readonly Uid[]
}

export interface AppendedUids {
  readonly mailbox: MailboxId
  readonly uidValidity: number
  readonly uids: readonly Uid[]
}
