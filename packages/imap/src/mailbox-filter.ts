import { OTHER_USERS, type AccountId, type Mailbox } from '@mailstead/store'
import type { ImapDecoder } from '@mailstead/wire'
import { superiors } from './names.ts'

/** What of a mailbox decides whether a specifier means it. */
export interface FilteredMailbox {
  readonly name: string
  /** The client's own. */
  readonly personal: boolean
  readonly subscribed: boolean
}

export function filteredAs({ name, subscribed, owner }: Mailbox, account: AccountId): FilteredMailbox {
  return { name, subscribed, personal: owner === account }
}

/** Whether a mailbox is meant, for those specifiers of RFC 5465 section 6 that do not speak of the selected one. */
export interface MailboxFilter {
  includes(mailbox: FilteredMailbox): boolean
  /** It may mean mailboxes that others share. */
  readonly others: boolean
}

/** filter-mailboxes-selected, or a filter for filter-mailboxes-other. */
export type MailboxSpecifier = 'selected' | 'selected-delayed' | MailboxFilter

/** filter-mailboxes of RFC 5465 section 8, with RFC 7377's "subtree-one" where that is allowed. */
export function mailboxSpecifier(d: ImapDecoder, options: { readonly subtreeOne: boolean }): MailboxSpecifier {
  const word = d.word()
  switch (word) {
    case 'SELECTED':
      return 'selected'
    case 'SELECTED-DELAYED':
      return 'selected-delayed'
    // RFC 5465 section 6.3: Sieve may file a message anywhere, so these are the same.
    case 'INBOXES':
    case 'PERSONAL':
      return { others: false, includes: (mailbox: FilteredMailbox) => mailbox.personal }
    case 'SUBSCRIBED':
      return { others: true, includes: (mailbox: FilteredMailbox) => mailbox.subscribed }
    case 'MAILBOXES':
      return named(names(d), () => [])
    case 'SUBTREE':
      return named(names(d), superiors)
  }
  if (word === 'SUBTREE-ONE' && options.subtreeOne) return named(names(d), (name) => superiors(name).slice(-1))
  return d.fail('mailboxes to look at before here')
}

function named(wanted: ReadonlySet<string>, above: (name: string) => readonly string[]): MailboxFilter {
  return {
    others: [...wanted].some(isOthers),
    includes: ({ name }) => wanted.has(name) || above(name).some((superior) => wanted.has(superior)),
  }
}

/** Where others' mailboxes stand. */
export function isOthers(name: string): boolean {
  return name === OTHER_USERS || name.startsWith(`${OTHER_USERS}/`)
}

// one-or-more-mailbox = mailbox / many-mailboxes
function names(d: ImapDecoder): ReadonlySet<string> {
  d.space()
  return new Set(d.peek() === '(' ? d.list(() => d.mailbox()) : [d.mailbox()])
}
