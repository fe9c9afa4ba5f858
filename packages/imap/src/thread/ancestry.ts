import type { Pace } from '../pace.ts'
import type { ThreadMessage } from './message.ts'

/** A message id and the message that has it, if there is one: step 1 of THREAD=REFERENCES knows parents only. */
interface Container {
  message: ThreadMessage | undefined
  parent: Container | undefined
  children: number
}

/** Where a message belongs. With neither parent nor dummy it is the head of a thread. */
export interface Link {
  readonly message: ThreadMessage
  /** The nearest message above it. */
  readonly parent: ThreadMessage | undefined
  /** Where there is none: the topmost dummy above it, one object for all that are below that. */
  readonly dummy: object | undefined
}

/** Ids without a message that are remembered; beyond them references to unknown messages are passed over. */
const MAX_UNKNOWN = 200_000

/** Levels that are searched for a loop; a link whose search would go further is not made. */
const MAX_LEVELS = 10_000

/** Links and levels looked at between two looks at the time; one link looks at MAX_LEVELS. */
const STEPS_A_PAUSE = 1000

/**
 * Who answers whom: steps 1 to 3 of THREAD=REFERENCES (RFC 5256). Links only need parents, and pruning dummies is to
 * look for the nearest ancestor that is a message, so the trees themselves are made afterwards.
 */
export class Ancestry {
  readonly #byId = new Map<number, Container>()
  readonly #containers: Container[] = []
  readonly #pace: Pace
  #unknown = 0
  #steps = 0

  constructor(pace: Pace) {
    this.#pace = pace
  }

  /** Takes the messages in the order of the mailbox. */
  async add(message: ThreadMessage): Promise<void> {
    const chain: Container[] = []
    for (const id of message.references) {
      const container = this.#byId.get(id) ?? this.#makeUnknown(id)
      if (container !== undefined) chain.push(container)
    }
    // Step 1 (A): the first is the parent of the second, and so on; existing links stay.
    for (let at = 1; at < chain.length; at++) {
      const [parent, child] = [chain[at - 1], chain[at]]
      if (parent === undefined || child === undefined || child.parent !== undefined) continue
      this.#link(parent, child)
      if (this.#steps >= STEPS_A_PAUSE) await this.#rest()
    }
    // Step 1 (B): what the message itself says overrides what others made of their references.
    const own = this.#containerOf(message)
    const parent = chain.at(-1)
    if (own.parent !== undefined && own.parent === parent) return
    if (own.parent !== undefined) own.parent.children--
    own.parent = undefined
    if (parent !== undefined) this.#link(parent, own)
    if (this.#steps >= STEPS_A_PAUSE) await this.#rest()
  }

  async #rest(): Promise<void> {
    this.#steps = 0
    await this.#pace.pause()
  }

  #makeUnknown(id: number): Container | undefined {
    if (this.#unknown >= MAX_UNKNOWN) return undefined
    this.#unknown++
    const container = { message: undefined, parent: undefined, children: 0 }
    this.#byId.set(id, container)
    return container
  }

  /** The first message with an id has it; others, and those without one, are found by nobody. */
  #containerOf(message: ThreadMessage): Container {
    const known = this.#byId.get(message.id)
    const container: Container = known !== undefined && known.message === undefined ? known : { message, parent: undefined, children: 0 }
    container.message = message
    if (message.id !== 0 && known === undefined) this.#byId.set(message.id, container)
    if (container === known) this.#unknown--
    this.#containers.push(container)
    return container
  }

  /** Unless it would make a loop: a child that has no children itself is nobody's ancestor. */
  #link(parent: Container, child: Container): void {
    if (parent === child) return
    if (child.children > 0) {
      let levels = 0
      for (let above = parent.parent; above !== undefined; above = above.parent) {
        this.#steps++
        if (above === child || ++levels > MAX_LEVELS) return
      }
    }
    child.parent = parent
    parent.children++
    this.#steps++
  }

  /** Steps 2 and 3: what each message is below, in the order they came. */
  async links(): Promise<Link[]> {
    const links: Link[] = []
    for (const { message, parent } of this.#containers) {
      if (message === undefined) continue
      const above = parent === undefined ? undefined : this.#nearest(parent)
      links.push({ message, parent: above?.message, dummy: above?.message === undefined ? above : undefined })
      if (++this.#steps >= STEPS_A_PAUSE) await this.#rest()
    }
    return links
  }

  /** The nearest message above, or the topmost dummy. */
  #nearest(start: Container): Container {
    let above = start
    while (above.message === undefined && above.parent !== undefined) {
      above = above.parent
      this.#steps++
    }
    // Dummies that were passed lead there at once from now on.
    for (let at = start; at !== above;) {
      const next = at.parent ?? above
      at.parent = above
      at = next
    }
    return above
  }
}
