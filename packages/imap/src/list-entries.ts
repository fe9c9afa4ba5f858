import type { Mailbox } from '@mailstead/store'
import type { ListEntry } from './command.ts'
import { listMatcher } from './list-pattern.ts'
import { levelsAbove } from './names.ts'
import type { Pace } from './pace.ts'
import type { Responder } from './responses.ts'

/** Every name LIST may have to print: mailboxes, subscriptions, and the levels above them. INBOX first, then by name. */
export function entriesOf(mailboxes: readonly Mailbox[], subscriptions: readonly string[]): ListEntry[] {
  const byName = new Map(mailboxes.map((mailbox) => [mailbox.name, mailbox]))
  const subscribed = new Set(subscriptions)
  // A subscription without a mailbox is no child of anything; it only needs its level for LSUB's "%".
  const parents = levelsAbove(mailboxes.map(({ name }) => name))
  const names = new Set([...byName.keys(), ...subscribed, ...parents, ...levelsAbove(subscriptions)])
  const sorted = [...names].sort((a, b) => (a === 'INBOX' ? -1 : b === 'INBOX' ? 1 : a < b ? -1 : 1))
  return sorted.map((name) => ({
    name,
    mailbox: byName.get(name),
    subscribed: subscribed.has(name),
    hasChildren: parents.has(name),
  }))
}

/** RFC 3348, RFC 5258 and RFC 6154 attributes. \NonExistent, which implies \Noselect, is for clients that asked in the extended form. */
export function attributesOf({ mailbox, hasChildren }: ListEntry, extended: boolean): string[] {
  const attributes: string[] = []
  if (mailbox === undefined) attributes.push(extended ? '\\NonExistent' : '\\Noselect')
  attributes.push(hasChildren ? '\\HasChildren' : '\\HasNoChildren')
  if (mailbox?.specialUse !== undefined) attributes.push(mailbox.specialUse)
  return attributes
}

/** RFC 9051 section 6.3.2: the LIST response of SELECT; with OLDNAME when the client wrote the name in another way. */
export function tellName(respond: Responder, { name, specialUse }: Mailbox, written: string): void {
  const attributes = specialUse === undefined ? [] : [specialUse]
  respond.list('LIST', { attributes, name, ...(written === name ? {} : { oldName: written }) })
}

/** The names that a pattern matches. Many names and long patterns take their time, so others get their turns. */
export async function matchingNames(entries: readonly ListEntry[], patterns: readonly string[], pace: Pace): Promise<ReadonlySet<string>> {
  const matchers = patterns.map(listMatcher)
  const matching = new Set<string>()
  for (const { name } of entries) {
    for (const matches of matchers) {
      const wait = pace.pause()
      if (wait !== undefined) await wait
      if (!matches(name)) continue
      matching.add(name)
      break
    }
  }
  return matching
}
