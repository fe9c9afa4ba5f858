import type { Identity } from '@mailstead/sasl'
import type { AccountId, MailboxId, MailStore, Uid } from '@mailstead/store'
import type { MetadataNews } from './metadata/news.ts'
import type { MailboxView } from './view.ts'

/** RFC 3501 section 3. A command returns the next session when it changes it. */
export type Session = NotAuthenticated | Authenticated | Selected

export interface NotAuthenticated {
  readonly state: 'not-authenticated'
}

interface LoggedIn {
  readonly identity: Identity
  readonly account: AccountId
  readonly store: MailStore
  /** Capabilities named in ENABLE (RFC 5161), in capitals. */
  readonly enabled: Set<string>
  /** What others do to annotations. */
  readonly metadata: MetadataNews
  /** What the client asked to be told at any time. */
  readonly news?: News | undefined
}

export interface Authenticated extends LoggedIn {
  readonly state: 'authenticated'
}

export interface Selected extends LoggedIn {
  readonly state: 'selected'
  readonly view: MailboxView
  /** EXAMINE, or a mailbox that may not be changed. */
  readonly readOnly: boolean
}

/** Which news of the selected mailbox a client wants. */
export interface SelectedNews {
  /** Arrivals and expunges. */
  readonly messages: boolean
  readonly flags: boolean
  /** Expunges wait for a command that may tell them. */
  readonly delayed: boolean
}

/** What a command did to mailboxes itself: no news to its client (RFC 5465 section 5). */
export interface OwnActs {
  /** Messages that it put into a mailbox. */
  readonly made?: { readonly mailbox: MailboxId; readonly uids: readonly Uid[] }
  /** Names of mailboxes that it has made, removed, renamed or subscribed to. */
  readonly names?: readonly string[]
}

/**
 * What a session has asked to be told at any time, also between commands (RFC 5465). A session without it is told of its
 * selected mailbox, and only while a command runs.
 */
export interface News {
  readonly selected: SelectedNews
  /** Calls `run` when there may be something to tell. One at a time. */
  onChange(run: () => void): void
  /** The selected mailbox is told by its view; this one tells of the others. */
  select(mailbox: MailboxId | undefined): void
  own(acts: OwnActs): void
  /** Asks the store at the next telling, for who will not rely on notifications. */
  recheck(): void
  /** Tells what waits, as far as it is due. */
  tell(session: Authenticated | Selected): Promise<void>
  /** Tells of messages whose arrival has just been announced; those that the client put there itself are not among them. */
  describe(session: Selected, arrived: readonly Uid[]): Promise<void>
  close(): void
}

/** The session without its mailbox. */
export function deselect({ identity, account, store, enabled, metadata, news }: Authenticated | Selected): Authenticated {
  return { state: 'authenticated', identity, account, store, enabled, metadata, news }
}

/** The client knows no sequence numbers (RFC 9586). */
export function uidOnly(session: Session): boolean {
  return session.state !== 'not-authenticated' && session.enabled.has('UIDONLY')
}

/** The client asked for RFC 9051's ways where they differ from RFC 3501's. */
export function speaksRev2(session: Session): boolean {
  return session.state !== 'not-authenticated' && session.enabled.has('IMAP4REV2')
}

/** Mailbox names travel as UTF-8 instead of modified UTF-7. */
export function utf8Names(session: Session): boolean {
  return speaksRev2(session) || acceptsUtf8(session)
}

/** RFC 6855 section 3: SEARCH has no CHARSET then. RFC 9051 section 6.4.4 has it still. */
export function charsetConflicts(session: Session): boolean {
  return acceptsUtf8(session) && !speaksRev2(session)
}

function acceptsUtf8(session: Session): boolean {
  return session.state !== 'not-authenticated' && session.enabled.has('UTF8=ACCEPT')
}
