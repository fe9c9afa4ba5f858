import type { Registry } from '../command.ts'
import type { FilteredMailbox, MailboxFilter } from '../mailbox-filter.ts'

/** Kinds of events (RFC 5465 section 5), as bits of a set. */
export const NEW = 1
export const EXPUNGE = 2
export const FLAGS = 4
export const NAME = 8
export const SUBSCRIPTION = 16
export const MAILBOX_METADATA = 32
export const SERVER_METADATA = 64

/** Those that a STATUS response tells of. */
export const OF_MESSAGES = NEW | EXPUNGE | FLAGS

interface EventKind {
  readonly name: string
  readonly bit: number
  /** It is there where this extension is. */
  readonly needs?: string
}

const KINDS: readonly EventKind[] = [
  { name: 'MessageNew', bit: NEW },
  { name: 'MessageExpunge', bit: EXPUNGE },
  { name: 'FlagChange', bit: FLAGS },
  { name: 'MailboxName', bit: NAME },
  { name: 'SubscriptionChange', bit: SUBSCRIPTION },
  { name: 'MailboxMetadataChange', bit: MAILBOX_METADATA, needs: 'METADATA' },
  { name: 'ServerMetadataChange', bit: SERVER_METADATA, needs: 'METADATA' },
]

/** The kinds that this session can ask for, by their names in capitals. */
export function eventKinds(registry: Registry): ReadonlyMap<string, EventKind> {
  const kinds = KINDS.filter(({ needs }) => needs === undefined || registry.has(needs))
  return new Map(kinds.map((kind) => [kind.name.toUpperCase(), kind]))
}

/** Events of some mailboxes; none of them: nothing of these mailboxes, whatever other groups say. */
export interface EventGroup {
  readonly filter: MailboxFilter
  readonly events: number
}

/** What the groups together want to know of a mailbox. */
export function eventsOf(groups: readonly EventGroup[], mailbox: FilteredMailbox): number {
  const events = groups.filter(({ filter }) => filter.includes(mailbox)).map((group) => group.events)
  return events.includes(0) ? 0 : events.reduce((all, some) => all | some, 0)
}
