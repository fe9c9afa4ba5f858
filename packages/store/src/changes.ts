import type { AccountId, MailboxId, ModSeq } from './ids.ts'
import type { MessageBatch } from './message.ts'

/**
 * What a commit did to a mailbox, as the actor sees it. `keepsSeen`: whose \Seen his own is keeps it as it was, on new messages unset, whatever the
 * batch says. Changes are hints: they can be lost, doubled or late. A listener whose own
 * position is not `previous` has a gap and asks `changesSince`.
 */
export type Change =
  | ({ readonly kind: 'added' | 'flags'; readonly batch: MessageBatch; readonly keepsSeen?: true } & MailboxChange)
  | ({ readonly kind: 'expunged'; readonly uids: Uint32Array } & MailboxChange)
  /** The mailbox is gone: sessions that have it selected end their selection. */
  | ({ readonly kind: 'deleted' } & MailboxChange)
  /** Somebody's rights: who is not the owner asks `mailboxById` for his own. The modseq stays as it is. */
  | ({ readonly kind: 'rights' } & MailboxChange)

interface MailboxChange {
  readonly account: AccountId
  readonly mailbox: MailboxId
  /** The mailbox's highest modseq before and after. */
  readonly previous: ModSeq
  readonly modSeq: ModSeq
  /** The mailbox's keyword names by bit, after the change; only there when the list has grown. */
  readonly keywordNames?: readonly string[]
}

export type AccountChange =
  | {
      readonly kind: 'mailbox-created' | 'mailbox-deleted' | 'subscribed' | 'unsubscribed'
      readonly account: AccountId
      readonly name: string
    }
  | { readonly kind: 'mailbox-renamed'; readonly account: AccountId; readonly name: string; readonly oldName: string }
  /** Annotations of a mailbox that the account owns, or its own ones; without a mailbox those of the server. */
  | { readonly kind: 'metadata'; readonly account: AccountId; readonly mailbox: MailboxId | undefined; readonly names: readonly string[] }
  /** Somebody's rights to a mailbox that the account owns: who they are told of may see other mailboxes than before. */
  | { readonly kind: 'rights'; readonly account: AccountId }
  /** Disabled, removed, or given another password or other capabilities: sessions and caches of the account end. */
  | { readonly kind: 'account-changed'; readonly account: AccountId }

export type Unwatch = () => void
