import type { Identity } from '@mailstead/sasl'
import type { AccountId, MailStore } from '@mailstead/store'
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

/** The session without its mailbox. */
export function deselect({ identity, account, store, enabled }: Authenticated | Selected): Authenticated {
  return { state: 'authenticated', identity, account, store, enabled }
}

/** Mailbox names travel as UTF-8 instead of modified UTF-7. */
export function utf8Names(session: Session): boolean {
  return session.state !== 'not-authenticated' && session.enabled.has('UTF8=ACCEPT')
}
