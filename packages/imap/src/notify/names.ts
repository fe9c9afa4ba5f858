import type { AccountChange } from '@mailstead/store'
import type { ListEntry } from '../command.ts'
import { attributesOf } from '../list-entries.ts'
import { superiors } from '../names.ts'
import type { ListedMailbox } from '../responses.ts'
import { NAME, SUBSCRIPTION } from './events.ts'

/** A change of the names there are, or of those subscribed to. */
export type NameChange = Extract<AccountChange, { name: string }>

/** A name that a LIST response is to be given for. */
export interface AffectedName {
  readonly name: string
  readonly oldName?: string
  /** The events that it answers. */
  readonly events: number
}

/** Names that the changes affect, each once, in their order (RFC 5465 sections 5.4 and 5.5). */
export function affectedNames(changes: readonly NameChange[]): AffectedName[] {
  const renamed = new Map(changes.flatMap((change) => (change.kind === 'mailbox-renamed' ? [[change.oldName, change.name]] : [])))
  const affected = new Map<string, AffectedName>()
  const add = (next: AffectedName): void => {
    const before = affected.get(next.name)
    affected.set(next.name, { ...before, ...next, events: next.events | (before?.events ?? 0) })
  }
  for (const change of changes) {
    const { name } = change
    switch (change.kind) {
      case 'mailbox-created':
      case 'mailbox-deleted':
        for (const each of [name, ...superiors(name).slice(-1)]) add({ name: each, events: NAME })
        break
      case 'mailbox-renamed':
        if (!wentAlong(change.oldName, name, renamed)) add({ name, oldName: change.oldName, events: NAME })
        break
      default:
        add({ name, events: SUBSCRIPTION })
    }
  }
  return [...affected.values()]
}

/** Renamed because a superior was: that one is told instead. */
function wentAlong(oldName: string, name: string, renamed: ReadonlyMap<string, string>): boolean {
  return superiors(oldName).some((superior) => renamed.get(superior) === name.slice(0, superior.length - oldName.length))
}

/** As the extended LIST shows it now. `entry`: absent for a name that nothing is known of any more. */
export function listedAs({ name, oldName }: AffectedName, entry: ListEntry | undefined): ListedMailbox {
  const attributes = attributesOf(entry ?? { name, mailbox: undefined, subscribed: false, hasChildren: false }, true)
  if (entry?.subscribed === true) attributes.push('\\Subscribed')
  return { attributes, name, ...(oldName === undefined ? {} : { oldName }) }
}

/** Whether a command that names these mailboxes made the change itself. */
export function isOwn(change: NameChange, names: readonly string[]): boolean {
  if (names.includes(change.name)) return true
  return change.kind === 'mailbox-renamed' && superiors(change.oldName).some((superior) => names.includes(superior))
}
