import type { Pace } from '../pace.ts'
import type { ThreadMessages } from './message.ts'
import { highestOf, NumberTable } from './number-table.ts'

/** Ids without a message that are remembered; beyond them references to unknown messages are passed over. */
const MAX_UNKNOWN = 200_000

/** Levels that are searched for a loop; a link whose search would go further is not made. */
const MAX_LEVELS = 10_000

/** Links and levels looked at between two looks at the time; one link looks at MAX_LEVELS. */
const STEPS_A_PAUSE = 1000

const NONE = -1

/**
 * Who answers whom: steps 1 to 3 of THREAD=REFERENCES (RFC 5256). Links only need parents, and pruning dummies is to
 * look for the nearest ancestor that is a message, so the trees themselves are made afterwards.
 *
 * A container is a message id and the message that has it, if there is one; containers are numbered as they come.
 */
export class Ancestry {
  readonly #messages: ThreadMessages
  readonly #pace: Pace
  readonly #byId: NumberTable
  /** By message. */
  readonly #containers: Int32Array
  /** By container: its message, its parent, and how many children it has. */
  readonly #owners: Int32Array
  readonly #parents: Int32Array
  readonly #children: Int32Array
  #count = 0
  #unknown = 0
  #steps = 0

  constructor(messages: ThreadMessages, pace: Pace) {
    this.#messages = messages
    this.#pace = pace
    const { ids, references } = messages
    const highest = Math.max(highestOf(ids), highestOf(references))
    this.#byId = new NumberTable(highest, ids.length + referred(messages))
    this.#containers = new Int32Array(ids.length)
    const most = ids.length + Math.min(highest, referred(messages))
    this.#owners = new Int32Array(most).fill(NONE)
    this.#parents = new Int32Array(most).fill(NONE)
    this.#children = new Int32Array(most)
  }

  /** Links all, in the order of the mailbox. */
  async link(): Promise<void> {
    for (let message = 0; message < this.#containers.length; message++) {
      this.#add(message)
      if (this.#steps >= STEPS_A_PAUSE) await this.#rest()
    }
  }

  #add(message: number): void {
    const { references, starts, ends } = this.#messages
    const parents = this.#parents
    let above = NONE
    // Step 1 (A): the first is the parent of the second, and so on; existing links stay.
    for (let at = starts[message] ?? 0; at < (ends[message] ?? 0); at++) {
      const container = this.#referred(references[at] ?? 0)
      if (container === NONE) continue
      if (above !== NONE && parents[container] === NONE) this.#link(above, container)
      above = container
    }
    // Step 1 (B): what the message itself says overrides what others made of their references.
    const own = this.#containerOf(message)
    const before = parents[own] ?? NONE
    this.#steps++
    if (before !== NONE && before === above) return
    if (before !== NONE) this.#children[before]!--
    parents[own] = NONE
    if (above !== NONE) this.#link(above, own)
  }

  async #rest(): Promise<void> {
    this.#steps = 0
    await this.#pace.pause()
  }

  #referred(id: number): number {
    const known = this.#byId.get(id)
    if (known !== NONE) return known
    if (this.#unknown >= MAX_UNKNOWN) return NONE
    this.#unknown++
    this.#byId.set(id, this.#count)
    return this.#count++
  }

  /** The first message with an id has it; others, and those without one, are found by nobody. */
  #containerOf(message: number): number {
    const id = this.#messages.ids[message] ?? 0
    const known = id === 0 ? NONE : this.#byId.get(id)
    const isWaiting = known !== NONE && this.#owners[known] === NONE
    const container = isWaiting ? known : this.#count++
    if (isWaiting) this.#unknown--
    else if (id !== 0 && known === NONE) this.#byId.set(id, container)
    this.#owners[container] = message
    this.#containers[message] = container
    return container
  }

  /** Unless it would make a loop: a child that has no children itself is nobody's ancestor. */
  #link(parent: number, child: number): void {
    if (parent === child) return
    const parents = this.#parents
    if (this.#children[child] !== 0) {
      let levels = 0
      for (let above = parents[parent] ?? NONE; above !== NONE; above = parents[above] ?? NONE) {
        this.#steps++
        if (above === child || ++levels > MAX_LEVELS) return
      }
    }
    parents[child] = parent
    this.#children[parent]!++
    this.#steps++
  }

  /** Steps 2 and 3: by message the message that it is below, as `messages` + n the dummy n where there is none but that, or -1. */
  async parents(): Promise<Int32Array> {
    const count = this.#containers.length
    const dummies = new NumberTable(this.#count, this.#count)
    const found = new Int32Array(count)
    let made = 0
    for (let message = 0; message < count; message++) {
      const above = this.#nearest(this.#parents[this.#containers[message] ?? 0] ?? NONE)
      const owner = above === NONE ? NONE : (this.#owners[above] ?? NONE)
      if (above !== NONE && owner === NONE && dummies.get(above) === NONE) dummies.set(above, count + made++)
      found[message] = above === NONE || owner !== NONE ? owner : dummies.get(above)
      if (++this.#steps >= STEPS_A_PAUSE) await this.#rest()
    }
    return found
  }

  /** The nearest container from `start` up that has a message, or the topmost. */
  #nearest(start: number): number {
    const parents = this.#parents
    let above = start
    while (above !== NONE && this.#owners[above] === NONE && parents[above] !== NONE) {
      above = parents[above] ?? NONE
      this.#steps++
    }
    // Dummies that were passed lead there at once from now on.
    for (let at = start; at !== above;) {
      const next = parents[at] ?? above
      parents[at] = above
      at = next
    }
    return above
  }
}

function referred({ starts, ends }: ThreadMessages): number {
  let count = 0
  for (let at = 0; at < ends.length; at++) count += (ends[at] ?? 0) - (starts[at] ?? 0)
  return count
}
