import type { Mailbox } from '@mailstead/store'
import type { ImapDecoder } from '@mailstead/wire'
import { command, type ListEntry, type ListReturn, type ListSelection, type Registry, type TableEntry } from '../command.ts'
import { ImapBad } from '../errors.ts'
import { listMatcher, type Matcher } from '../list-pattern.ts'
import { attributesOf, entriesOf } from '../list-entries.ts'

interface ListArguments {
  readonly reference: string
  /** `undefined`: a pattern that can match nothing. */
  readonly patterns: readonly (string | undefined)[]
  /** Any of RFC 5258's three ways to write more than RFC 3501 knows. */
  readonly extended: boolean
  readonly selections: readonly ListSelection[]
  readonly returns: readonly { readonly option: ListReturn; readonly args: unknown }[]
}

/** LIST, RFC 3501 section 6.3.8 and RFC 5258. */
export const list: TableEntry = command({
  name: 'LIST',
  state: 'authenticated',
  sync: 'everything',
  parse: parseList,
  async run(context, args) {
    const { session, respond } = context
    if (!args.extended && args.patterns[0] === '') {
      // The separator, and the root of the reference, which is always the same (RFC 3501 section 6.3.8).
      respond.list('LIST', { attributes: ['\\Noselect'], name: '' })
      return { text: 'Listed' }
    }
    const entries = entriesOf(await session.store.listMailboxes(), await session.store.listSubscriptions())
    const selected = choose(entries, args)
    let lines = 0
    for (const { entry, chosen, childInfo } of selected) {
      const attributes = attributesOf(entry, args.extended)
      if (wantsSubscribed(args) && entry.subscribed) attributes.push('\\Subscribed')
      respond.list('LIST', { attributes, name: entry.name, ...(childInfo === undefined ? {} : { extended: childInfo }) })
      if (chosen && entry.mailbox !== undefined)
        await follow(entry.mailbox, args, (option, mailbox, value) => option.follow?.(context, mailbox, value))
      if (++lines % 100 === 0) await respond.drain()
    }
    return { text: 'Listed' }
  },
})

// list = "LIST" [SP list-select-opts] SP mailbox SP mbox-or-pat [SP list-return-opts]
function parseList(d: ImapDecoder, registry: Registry): ListArguments {
  d.space()
  const hasSelections = d.peek() === '('
  const selections = hasSelections ? d.listOrNone(() => registry.listSelection(d.word()) ?? d.fail('a selection option before here')) : []
  if (hasSelections) d.space()
  if (selections.some(({ kind }) => kind === 'modifier') && !selections.some(({ kind }) => kind === 'base')) {
    throw new ImapBad('RECURSIVEMATCH needs an option that selects')
  }
  const reference = d.listMailbox()
  d.space()
  const many = d.peek() === '('
  const patterns = many ? d.list(() => d.listMailbox()) : [d.listMailbox()]
  const hasReturns = !d.atEnd
  const returns = hasReturns ? parseReturns(d, registry) : []
  return {
    reference: reference ?? '',
    patterns: reference === undefined ? [undefined] : patterns,
    extended: hasSelections || many || hasReturns,
    selections: [...new Set(selections)],
    returns,
  }
}

function parseReturns(d: ImapDecoder, registry: Registry): ListArguments['returns'] {
  d.space()
  if (!d.skipWord('RETURN')) d.fail('RETURN')
  d.space()
  return d.listOrNone(() => {
    const option = registry.listReturn(d.word()) ?? d.fail('a return option before here')
    return { option, args: option.parse?.(d, registry) }
  })
}

interface Chosen {
  readonly entry: ListEntry
  /** It satisfies the selection itself, and not only through an inferior. */
  readonly chosen: boolean
  readonly childInfo: string | undefined
}

function choose(entries: readonly ListEntry[], args: ListArguments): Chosen[] {
  const matchers = matchersOf(args)
  const conditions = args.selections.filter((option) => option.selects !== undefined)
  const satisfies = (entry: ListEntry): boolean =>
    conditions.length === 0 ? exists(entry) : conditions.every((option) => option.selects?.(entry))
  const matching = (entry: ListEntry): boolean => matchers.some((matches) => matches(entry.name))
  const recursive = args.selections.some(({ kind }) => kind === 'modifier')
  const criteria = args.selections.filter(({ kind }) => kind === 'base').map(({ name }) => `"${name}"`)
  const wanted = entries.filter(satisfies)

  const found: Chosen[] = []
  for (const entry of entries) {
    if (!matching(entry)) continue
    const chosen = satisfies(entry)
    const below = recursive ? wanted.filter(({ name }) => name.startsWith(`${entry.name}/`)) : []
    // RFC 5258 section 3.5: no name for the sake of its inferiors when one of them is printed anyway.
    if (!chosen && !below.some((inferior) => !matching(inferior)) && (recursive || !shownAsLevel(entry, conditions))) continue
    found.push({ entry, chosen, childInfo: below.length > 0 ? `("CHILDINFO" (${criteria.join(' ')}))` : undefined })
  }
  return found
}

/** Without conditions every mailbox is listed; a level that is none stands for the mailboxes below it. */
function exists(entry: ListEntry): boolean {
  return entry.mailbox !== undefined
}

/** A superior level without a mailbox is shown as \Noselect, so that a client going down by "%" finds what is below. */
function shownAsLevel(entry: ListEntry, conditions: readonly ListSelection[]): boolean {
  return conditions.length === 0 && entry.mailbox === undefined && entry.hasChildren
}

function matchersOf({ reference, patterns, extended }: ListArguments): Matcher[] {
  const usable = patterns.filter((pattern) => pattern !== undefined && !(extended && pattern === ''))
  return usable.map((pattern) => listMatcher(`${reference}${pattern ?? ''}`))
}

/** The return option, or the selection option that implies it (RFC 5258 section 3.1). */
function wantsSubscribed({ selections, returns }: ListArguments): boolean {
  return selections.some(({ name }) => name === 'SUBSCRIBED') || returns.some(({ option }) => option.name === 'SUBSCRIBED')
}

async function follow(
  mailbox: Mailbox,
  { returns }: ListArguments,
  print: (option: ListReturn, mailbox: Mailbox, args: unknown) => Promise<void> | undefined,
): Promise<void> {
  for (const { option, args } of returns) await print(option, mailbox, args)
}

/**
 * LSUB, RFC 3501 section 6.3.9: names subscribed to, mailboxes or not; with "%", a level above one as \Noselect. The
 * special uses are there for Outlook 2013, which looks for them here.
 */
export const lsub: TableEntry = command({
  name: 'LSUB',
  state: 'authenticated',
  sync: 'everything',
  parse(d) {
    d.space()
    const reference = d.listMailbox()
    d.space()
    return { reference, pattern: d.listMailbox() }
  },
  async run({ session, respond }, { reference, pattern }) {
    if (pattern === '') {
      respond.list('LSUB', { attributes: ['\\Noselect'], name: '' })
      return { text: 'Listed' }
    }
    if (reference === undefined || pattern === undefined) return { text: 'Listed' }
    const matches = listMatcher(`${reference}${pattern}`)
    const entries = entriesOf(await session.store.listMailboxes(), await session.store.listSubscriptions())
    const subscribed = entries.filter((entry) => entry.subscribed)
    for (const entry of entries) {
      if (!matches(entry.name)) continue
      if (entry.subscribed)
        respond.list('LSUB', { attributes: entry.mailbox === undefined ? [] : attributesOf(entry, false), name: entry.name })
      else if (subscribed.some(({ name }) => name.startsWith(`${entry.name}/`) && !matches(name))) {
        respond.list('LSUB', { attributes: ['\\Noselect'], name: entry.name })
      }
    }
    return { text: 'Listed' }
  },
})
