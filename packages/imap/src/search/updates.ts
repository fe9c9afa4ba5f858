import { ConnectionLost } from '@mailstead/net'
import type { Uid } from '@mailstead/store'
import { formatString } from '@mailstead/wire'
import { lowerBound } from '../ascending.ts'
import type { CommandContext } from '../command.ts'
import { ImapBad } from '../errors.ts'
import { describeMessages, joinAttributes } from '../fetch/describe.ts'
import type { FetchAttribute } from '../fetch/item.ts'
import type { Responder } from '../responses.ts'
import type { Selected } from '../session.ts'
import type { MailboxView } from '../view.ts'
import { setPieces, type ReturnItem } from './return.ts'
import { UpdatedResult, type Steps, type UpdatedSearch } from './updated-result.ts'

type Context = CommandContext<Selected>

/** They live as long as the mailbox is selected. */
const UPDATES = new WeakMap<MailboxView, SearchUpdates>()

/** Of the searches in this mailbox whose clients want to hear of their results. */
export function updatesOf(view: MailboxView): SearchUpdates | undefined {
  return UPDATES.get(view)
}

/** To be called before a search with UPDATE begins: what happens while it runs is looked at afterwards. Throws `ImapBad` for a tag that is in use. */
export function beginUpdates({ session, respond, tag }: Context, returns: readonly ReturnItem[] | undefined): SearchUpdates | undefined {
  if (!(returns?.some(({ updates }) => updates !== undefined) ?? false)) return undefined
  let updates = UPDATES.get(session.view)
  if (updates?.has(tag) === true) throw new ImapBad('The tag is that of a search whose result is updated')
  if (updates === undefined || updates.isEmpty) {
    updates = new SearchUpdates(session.view, respond)
    UPDATES.set(session.view, updates)
  }
  return updates
}

/** RFC 5267 section 4.3. Looks at messages that have come or changed, and at none else. */
export class SearchUpdates {
  readonly #view: MailboxView
  readonly #respond: Responder
  readonly #results = new Map<string, UpdatedResult>()
  /** What messages that have arrived are to be described by. */
  #descriptions = new Map<Uid, readonly FetchAttribute[]>()
  /** Log entries below are looked at, modseqs up to the position, and messages up to the last. */
  #flagsFrom: number
  #position: number
  #last: number

  constructor(view: MailboxView, respond: Responder) {
    const { log, position } = view.index
    this.#view = view
    this.#respond = respond
    this.#flagsFrom = log.end
    this.#position = position
    this.#last = view.uids.at(-1) ?? 0
    view.onGone = (uids) => this.#gone(uids)
  }

  get isEmpty(): boolean {
    return this.#results.size === 0
  }

  has(tag: string): boolean {
    return this.#results.has(tag)
  }

  cancel(tags: readonly string[]): void {
    for (const tag of tags) this.#results.delete(tag)
  }

  /** `found`: in the order of the result, as the client was told. */
  add(
    { services, tag }: Context,
    search: Omit<UpdatedSearch, 'tag' | 'attributes'>,
    returns: readonly ReturnItem[] | undefined,
    found: readonly Uid[],
  ): void {
    const { updatedSearches, updatedMessages } = services.limits
    const attributes = returns?.flatMap(({ updates }) => updates ?? []) ?? []
    // Relevancy is measured by the best of all that are found.
    const byRelevancy = search.sortBy?.some(({ key }) => key.kind === 'relevancy') ?? false
    const request = { ...search.request, relevancy: undefined }
    if (byRelevancy) this.#refuse(tag, 'A result sorted by relevancy is not updated')
    else if (this.#results.size >= updatedSearches) this.#refuse(tag, 'Too many searches are updated')
    else if (this.#size + found.length > updatedMessages) this.#refuse(tag, 'The results are too long to be updated')
    else this.#results.set(tag, new UpdatedResult({ ...search, request, tag, attributes }, found))
  }

  /**
   * Tells what has changed of the results, after the client was told of the changes themselves. Messages of `own` doing are not described. `describes`: the
   * descriptions stand in front (RFC 5465 section 7); otherwise they are kept for who tells of arrivals (section 5.2).
   */
  async tell(context: Context, own: ReadonlySet<Uid>, describes: boolean): Promise<void> {
    if (this.isEmpty) return
    const { asked, arrived } = this.#news()
    if (asked.length === 0) return
    const told: (() => void)[] = []
    for (const result of this.#results.values()) {
      try {
        const { added, removed } = await result.ask(context, asked)
        const [out, into] = [result.remove(removed), await result.add(context, added)]
        told.push(() => {
          this.#print(result, 'REMOVEFROM', out)
          this.#print(result, 'ADDTO', into)
        })
        for (const uid of added) if (arrived.has(uid) && !own.has(uid)) this.#describe(uid, result.search.attributes)
      } catch (error) {
        if (error instanceof ConnectionLost) throw error
        context.peer.log.warn('imap: cannot update a search', { error })
        this.#giveUp(result, 'The search cannot be asked again')
      }
    }
    if (describes) await describeMessages(context, this.takeDescriptions())
    for (const print of told) print()
    this.#checkSize(context)
  }

  takeDescriptions(): ReadonlyMap<Uid, readonly FetchAttribute[]> {
    const descriptions = this.#descriptions
    this.#descriptions = new Map()
    return descriptions
  }

  #describe(uid: Uid, attributes: readonly FetchAttribute[]): void {
    this.#descriptions.set(uid, joinAttributes(this.#descriptions.get(uid) ?? [], attributes))
  }

  /** What the client knows by now and was not looked at yet; `asked`: ascending. */
  #news(): { asked: readonly Uid[]; arrived: ReadonlySet<number> } {
    const view = this.#view
    const { uids, index } = view
    const { log, position } = index
    const changed = new Set<number>()
    if (this.#flagsFrom < log.start) for (const uid of uids) if (view.modSeqOf(uid) > this.#position) changed.add(uid)
    for (const entry of log.flagsFrom(Math.max(this.#flagsFrom, log.start))) for (const uid of entry.uids) changed.add(uid)
    const arrived = new Set(uids.subarray(lowerBound(uids, uids.length, this.#last + 1)))
    this.#flagsFrom = log.end
    this.#position = position
    this.#last = uids.at(-1) ?? this.#last
    const asked = [...new Set([...changed, ...arrived])].filter((uid) => view.numberOf(uid) > 0 && view.isThere(uid)) as Uid[]
    return { asked: asked.sort((a, b) => a - b), arrived }
  }

  /** In front of the EXPUNGE, while the numbers mean something (RFC 5267 section 4.3.4). */
  #gone(uids: ArrayLike<number>): void {
    if (uids.length === 0 || this.isEmpty) return
    const gone = new Set(Array.from(uids))
    for (const result of this.#results.values()) this.#print(result, 'REMOVEFROM', result.remove(gone))
  }

  #print({ search: { tag, by, where = '' } }: UpdatedResult, name: 'ADDTO' | 'REMOVEFROM', steps: Steps): void {
    const pairs = steps
      .filter(([, uids]) => uids.length > 0)
      .map(([position, uids]) => {
        const numbers = by === 'uid' ? uids : uids.map((uid) => this.#view.numberOf(uid))
        return `${position} ${[...setPieces(numbers)].join('')}`
      })
    if (pairs.length > 0)
      this.#respond.untagged(`ESEARCH (TAG ${formatString(tag)}${where})${by === 'uid' ? ' UID' : ''} ${name} (${pairs.join(' ')})`)
  }

  get #size(): number {
    return [...this.#results.values()].reduce((sum, { size }) => sum + size, 0)
  }

  #checkSize({ services }: Context): void {
    for (const result of this.#results.values()) {
      if (this.#size > services.limits.updatedMessages) this.#giveUp(result, 'The results are too long to be updated')
    }
  }

  #giveUp({ search: { tag } }: UpdatedResult, why: string): void {
    this.#results.delete(tag)
    this.#refuse(tag, why)
  }

  /** RFC 5267 section 4.3.1. */
  #refuse(tag: string, why: string): void {
    this.#respond.no(`NOUPDATE ${formatString(tag)}`, why)
  }
}
