import type { ImapDecoder } from '@mailstead/wire'
import type { Registry } from '../command.ts'
import { ImapBad, ImapNo } from '../errors.ts'
import type { FetchAttribute } from '../fetch/item.ts'
import { attributeList } from '../fetch/parse.ts'
import { mailboxSpecifier } from '../mailbox-filter.ts'
import type { SelectedNews } from '../session.ts'
import { eventKinds, EXPUNGE, FLAGS, NEW, OF_MESSAGES, type EventGroup } from './events.ts'

export interface SelectedRequest extends SelectedNews {
  /** What is told of arrivals. */
  readonly attributes: readonly FetchAttribute[]
}

/** The arguments of NOTIFY. */
export interface NotifyRequest {
  /** STATUS responses at once. */
  readonly status: boolean
  readonly selected: SelectedRequest
  readonly groups: readonly EventGroup[]
}

/** RFC 5465 section 3.1: who does not name the selected mailbox wants to know nothing of it. */
export const NOTHING: NotifyRequest = {
  status: false,
  selected: { messages: false, flags: false, delayed: false, attributes: [] },
  groups: [],
}

// notify = "NOTIFY" SP (notify-set / notify-none)
export function parseNotify(d: ImapDecoder, registry: Registry): NotifyRequest {
  d.space()
  const word = d.word()
  if (word === 'NONE') return NOTHING
  if (word !== 'SET') d.fail('SET or NONE before here')
  d.space()
  const status = d.skipWord('STATUS')
  if (status) d.space()
  let selected: SelectedRequest | undefined
  const groups: EventGroup[] = []
  do {
    const group = parseGroup(d, registry)
    if ('filter' in group) groups.push(group)
    else if (selected === undefined) selected = group
    else throw new ImapBad('The selected mailbox is specified twice')
  } while (d.skip(' '))
  return { status, selected: selected ?? NOTHING.selected, groups }
}

// event-group = "(" filter-mailboxes SP events ")"
function parseGroup(d: ImapDecoder, registry: Registry): EventGroup | SelectedRequest {
  d.expect('(')
  const filter = mailboxSpecifier(d, { subtreeOne: false })
  d.space()
  const ofSelected = typeof filter === 'string'
  const { events, attributes } = d.skipWord('NONE') ? { events: 0, attributes: [] } : parseEvents(d, registry, ofSelected)
  d.expect(')')
  if ((events & FLAGS) !== 0 && (events & NEW) === 0) throw new ImapBad('FlagChange needs MessageNew and MessageExpunge')
  if (((events & NEW) === 0) !== ((events & EXPUNGE) === 0)) throw new ImapBad('MessageNew and MessageExpunge go together')
  if (!ofSelected) return { filter, events }
  if ((events & ~OF_MESSAGES) !== 0) throw new ImapBad('The selected mailbox has events of messages only')
  return { messages: (events & NEW) !== 0, flags: (events & FLAGS) !== 0, delayed: filter === 'selected-delayed', attributes }
}

// events = ( "(" event *(SP event) ")" ) / "NONE" ; what MessageNew shall tell stands behind it in parentheses
function parseEvents(d: ImapDecoder, registry: Registry, ofSelected: boolean): { events: number; attributes: readonly FetchAttribute[] } {
  const kinds = eventKinds(registry)
  let attributes: readonly FetchAttribute[] = []
  let last = 0
  const bits = d.list(() => {
    if (last === NEW && ofSelected && d.peek() === '(') {
      attributes = attributeList(d, registry)
      return (last = 0)
    }
    const kind = kinds.get(d.word())
    // RFC 5465 section 3.1.
    if (kind === undefined)
      throw new ImapNo('There is no such event', `BADEVENT (${[...kinds.values()].map(({ name }) => name).join(' ')})`)
    return (last = kind.bit)
  })
  return { events: bits.reduce((all, bit) => all | bit, 0), attributes }
}
