import type { ImapDecoder } from '@mailstead/wire'
import { command, type ListEntry, type ListReturn, type ListSelection, type Registry, type TableEntry } from '../command.ts'
import { ImapBad } from '../errors.ts'
import { attributesOf, entriesOf, matchingNames } from '../list-entries.ts'
import { parsePlainList } from '../list-pattern.ts'
import { levelsAbove } from '../names.ts'
import { Pace } from '../pace.ts'

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
    const pace = new Pace(respond)
    const matching = await matchingNames(entries, patternsOf(args), pace)
    for (const { entry, chosen, childInfo } of choose(entries, matching, args.selections)) {
      const attributes = attributesOf(entry, args.extended)
      if (wantsSubscribed(args) && entry.subscribed) attributes.push('\\Subscribed')
      respond.list('LIST', { attributes, name: entry.name, ...(childInfo === undefined ? {} : { extended: childInfo }) })
      if (chosen && entry.mailbox !== undefined) {
        for (const { option, args: wanted } of args.returns) {
          const told = option.follow?.(context, entry.mailbox, wanted)
          if (told !== undefined) await told
        }
      }
      const wait = pace.pause()
      if (wait !== undefined) await wait
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

/** `matching`: the names that a pattern matches. */
function choose(entries: readonly ListEntry[], matching: ReadonlySet<string>, selections: readonly ListSelection[]): Chosen[] {
  const conditions = selections.filter((option) => option.selects !== undefined)
  const satisfies = (entry: ListEntry): boolean =>
    conditions.length === 0 ? exists(entry) : conditions.every((option) => option.selects?.(entry))
  const recursive = selections.some(({ kind }) => kind === 'modifier')
  const wanted = recursive ? entries.filter(satisfies).map(({ name }) => name) : []
  const above = levelsAbove(wanted)
  const aboveUnmatched = levelsAbove(wanted.filter((name) => !matching.has(name)))
  const criteria = selections.filter(({ kind }) => kind === 'base').map(({ name }) => `"${name}"`)

  const found: Chosen[] = []
  for (const entry of entries) {
    if (!matching.has(entry.name)) continue
    const chosen = satisfies(entry)
    // RFC 5258 section 3.5: no name for the sake of its inferiors when all of them are printed anyway.
    const asLevel = recursive ? aboveUnmatched.has(entry.name) : shownAsLevel(entry, conditions)
    if (chosen || asLevel) {
      found.push({ entry, chosen, childInfo: above.has(entry.name) ? `("CHILDINFO" (${criteria.join(' ')}))` : undefined })
    }
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

/** Whole patterns, the reference in front. In the extended form an empty one matches nothing (RFC 5258 section 3). */
function patternsOf({ reference, patterns, extended }: ListArguments): string[] {
  const usable = patterns.filter((pattern) => pattern !== undefined && !(extended && pattern === ''))
  return usable.map((pattern) => `${reference}${pattern ?? ''}`)
}

/** The return option, or the selection option that implies it (RFC 5258 section 3.1). */
function wantsSubscribed({ selections, returns }: ListArguments): boolean {
  return selections.some(({ name }) => name === 'SUBSCRIBED') || returns.some(({ option }) => option.name === 'SUBSCRIBED')
}

/**
 * LSUB, RFC 3501 section 6.3.9: names subscribed to, mailboxes or not; with "%", a level above one as \Noselect. The
 * special uses are there for Outlook 2013, which looks for them here.
 */
export const lsub: TableEntry = command({
  name: 'LSUB',
  state: 'authenticated',
  sync: 'everything',
  parse: parsePlainList,
  async run({ session, respond }, { reference, pattern }) {
    if (pattern === '') {
      respond.list('LSUB', { attributes: ['\\Noselect'], name: '' })
      return { text: 'Listed' }
    }
    if (reference === undefined || pattern === undefined) return { text: 'Listed' }
    const entries = entriesOf(await session.store.listMailboxes(), await session.store.listSubscriptions())
    const pace = new Pace(respond)
    const matching = await matchingNames(entries, [`${reference}${pattern}`], pace)
    // "%" stops at a level; what is subscribed below it shows there as \Noselect.
    const unmatched = entries.filter(({ name, subscribed }) => subscribed && !matching.has(name))
    const levels = levelsAbove(unmatched.map(({ name }) => name))
    for (const entry of entries) {
      const { name, mailbox, subscribed } = entry
      if (!matching.has(name)) continue
      if (subscribed) respond.list('LSUB', { attributes: mailbox === undefined ? [] : attributesOf(entry, false), name })
      else if (levels.has(name)) respond.list('LSUB', { attributes: ['\\Noselect'], name })
      await pace.pause()
    }
    return { text: 'Listed' }
  },
})
