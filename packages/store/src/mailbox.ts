import type { EpochMs } from '@mailstead/base'
import type { AccountId, MailboxId, ModSeq, Uid, UidValidity } from './ids.ts'
import type { Rights } from './rights.ts'

/** RFC 6154 attributes that a mailbox can hold, at most one each. */
export type SpecialUse = '\\All' | '\\Archive' | '\\Drafts' | '\\Flagged' | '\\Junk' | '\\Sent' | '\\Trash' | '\\Important'

/** The separator of mailbox names in this interface; never part of a name's component. */
export const SEPARATOR = '/'

/**
 * Mailboxes that others share stand below it for an actor: `Other Users/ann@example.org/Projects`. In the address `/`, `%`, `*` and `=` are
 * written as `=` and two hexadecimal digits. No mailbox of one's own has a name there.
 */
export const OTHER_USERS = 'Other Users'

/** Whose \Seen those show who share a mailbox: the owner's, which all share, or each reader's own. */
export type SeenMode = 'owner' | 'reader'

/** Counters change in the transaction that changes the messages. Sizes are octets. */
export interface MailboxCounters {
  readonly messages: number
  readonly unseen: number
  readonly deleted: number
  readonly deletedSize: number
  readonly size: number
  readonly uidNext: Uid
  readonly highestModSeq: ModSeq
}

export interface Mailbox extends MailboxCounters {
  readonly id: MailboxId
  readonly owner: AccountId
  /** NFC UTF-8 with `/` between levels; `INBOX` in capitals. Below OTHER_USERS when it is not the actor's. */
  readonly name: string
  readonly uidValidity: UidValidity
  /** What its owner uses it for; of others' mailboxes nothing. */
  readonly specialUse: SpecialUse | undefined
  /** The actor's. */
  readonly rights: Rights
  readonly seenMode: SeenMode
  readonly subscribed: boolean
  readonly createdAt: EpochMs
  /** Keyword names by bit; at most MAX_KEYWORDS. */
  readonly keywords: readonly string[]
  /** Modseq below which expunged UIDs are no longer known: a client below it is told all missing UIDs. */
  readonly prunedModSeq: ModSeq
}

/** What the names of an account's mailboxes begin with for others, with its separator. */
export function sharedPrefix(localPart: string, domain: string): string {
  const level = `${localPart}@${domain}`.replace(/[/%*=]/g, (char) => `=${char.charCodeAt(0).toString(16).toUpperCase()}`)
  return `${OTHER_USERS}${SEPARATOR}${level}${SEPARATOR}`
}

/** Whether somebody else shares it with the actor who asked for it. */
export function isShared({ name }: Pick<Mailbox, 'name'>): boolean {
  return name.startsWith(OTHER_USERS + SEPARATOR)
}
