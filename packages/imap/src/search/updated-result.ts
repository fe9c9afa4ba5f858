import type { Uid } from '@mailstead/store'
import { indexOf } from '../ascending.ts'
import type { CommandContext } from '../command.ts'
import type { FetchAttribute } from '../fetch/item.ts'
import type { Selected } from '../session.ts'
import { insertSorted } from '../sort/insert.ts'
import type { SortCriterion } from '../sort/key.ts'
import type { SearchRequest } from './parse.ts'
import { runSearch } from './run.ts'

/** A search whose client wants to hear of its result. */
export interface UpdatedSearch {
  /** Of the command that began it. */
  readonly tag: string
  readonly by: 'sequence' | 'uid'
  readonly request: SearchRequest
  /** Correlators behind the tag (RFC 7377 section 2.1). */
  readonly where?: string
  /** Absent: the order of the mailbox. */
  readonly sortBy?: readonly SortCriterion[] | undefined
  /** What is told of messages that arrive into the result. */
  readonly attributes: readonly FetchAttribute[]
}

/** Context position and messages of ADDTO or REMOVEFROM (RFC 5267 sections 4.3.3 and 4.3.4), applied one after the other. */
export type Steps = readonly (readonly [position: number, uids: readonly Uid[]])[]

/** What a client was told of a result, and how it changes. */
export class UpdatedResult {
  readonly search: UpdatedSearch
  /** In the order of the result. */
  #members: Uint32Array

  constructor(search: UpdatedSearch, found: readonly Uid[]) {
    this.search = search
    this.#members = Uint32Array.from(found)
  }

  get size(): number {
    return this.#members.length
  }

  /** These are gone, or match no more. */
  remove(uids: ReadonlySet<number>): Steps {
    const left = this.#members.filter((uid) => !uids.has(uid))
    if (left.length === this.#members.length) return []
    const steps = this.#steps(this.#members, (uid) => uids.has(uid))
    this.#members = left
    // From the end, so that what is left to do stays where it is.
    return steps.toReversed()
  }

  /** These match now; ascending, and not in the result. */
  async add(context: CommandContext<Selected>, uids: readonly Uid[]): Promise<Steps> {
    if (uids.length === 0) return []
    const { sortBy } = this.search
    this.#members =
      sortBy === undefined
        ? Uint32Array.from([...this.#members, ...uids]).sort()
        : Uint32Array.from(await insertSorted(context, Array.from(this.#members) as Uid[], uids, sortBy))
    const added = new Set<number>(uids)
    return this.#steps(this.#members, (uid) => added.has(uid))
  }

  /** Asks the search again of these messages (ascending): who comes into the result, and who leaves it. */
  async ask(
    context: CommandContext<Selected>,
    uids: readonly Uid[],
  ): Promise<{ readonly added: readonly Uid[]; readonly removed: ReadonlySet<Uid> }> {
    const matching = new Set(await runSearch(context, this.search.request, uids))
    const inside = this.#among(uids)
    return {
      added: uids.filter((uid) => matching.has(uid) && !inside.has(uid)),
      removed: new Set(uids.filter((uid) => !matching.has(uid) && inside.has(uid))),
    }
  }

  #among(uids: readonly Uid[]): ReadonlySet<number> {
    const members = this.#members
    if (this.search.sortBy === undefined) return new Set(uids.filter((uid) => indexOf(members, members.length, uid) !== -1))
    const asked = new Set<number>(uids)
    return new Set(members.filter((uid) => asked.has(uid)))
  }

  /** The chosen ones of `order`, run by run. In the order of the mailbox clients find the places themselves. */
  #steps(order: Uint32Array, chosen: (uid: number) => boolean): Steps {
    if (this.search.sortBy === undefined) return [[0, Array.from(order.filter(chosen)) as Uid[]]]
    const runs: [position: number, uids: Uid[]][] = []
    for (const [at, uid] of order.entries()) {
      if (!chosen(uid)) continue
      const last = runs.at(-1)
      if (last !== undefined && last[0] + last[1].length === at + 1) last[1].push(uid as Uid)
      else runs.push([at + 1, [uid as Uid]])
    }
    return runs
  }
}
