import { sorted } from './response.ts'
import type { Act, Told, Version } from './truth.ts'

/** After this time (ms) an act whose answer never came has happened, or never will. */
const FORGOTTEN = 20_000
/** Steps that are tried for one message. */
const ATTEMPTS = 50_000

interface Node {
  /** Acts that are done, by their place in the list … */
  readonly done: bigint
  /** … and when the last of them was begun: what was answered before cannot come now. */
  readonly latest: number
  /** Flags as bits; what is not in `known` may be either. */
  readonly flags: number
  readonly known: number
}

/** A stretch of time between two things that were told of a message. */
interface Stretch {
  /** Modseq that was told before … */
  readonly from: number
  /** … and that the stretch ends with; Infinity behind the last. */
  readonly to: number
  readonly target: number | undefined
  /** Moment and time when its end was told. */
  readonly seen: number
  readonly at: number
  /** How many changes there may be. */
  readonly changes: 'any' | 'none' | 'some'
}

export interface History {
  /** What is wrong; `undefined` when everything can be explained. */
  readonly wrong?: string
  /** It was given up. */
  readonly tooLong?: boolean
}

/**
 * Whether all flags that anybody was told of a message can be explained by the acts that clients asked for: there is an order of the
 * acts in which each does what it was answered with, acts that were answered come before those that began later, and each modseq shows
 * what the acts before it made of the flags. So a change that is lost, done twice or done in spite of UNCHANGEDSINCE is found.
 * `alive`: the message is there at the end, and its last version is its state now.
 */
export function explain(message: Told, alive: boolean): History {
  return new Explanation(message, alive).run()
}

class Explanation {
  readonly #message: Told
  readonly #alive: boolean
  readonly #acts: readonly Act[]
  readonly #bits = new Map<string, number>()
  #attempts = 0

  constructor(message: Told, alive: boolean) {
    this.#message = message
    this.#alive = alive
    this.#acts = message.acts.toSorted((a, b) => a.begun - b.begun)
  }

  run(): History {
    const versions = [...this.#message.versions.values()].sort((a, b) => a.modSeq - b.modSeq)
    const { appendedWith } = this.#message
    let nodes: Node[] = [{ done: 0n, latest: 0, flags: this.#pack(appendedWith ?? ''), known: appendedWith === undefined ? 0 : ~0 }]
    let from = 0
    for (const version of versions) {
      const next = this.#follow(nodes, this.#stretchTo(version, from))
      if (next === undefined) return { tooLong: true }
      if (next.length === 0) return { wrong: this.#complain(version, from) }
      nodes = next
      from = version.modSeq
    }
    const rest: Stretch = {
      from,
      to: Infinity,
      target: undefined,
      seen: Infinity,
      at: this.#alive ? Date.now() : 0,
      changes: this.#alive ? 'none' : 'any',
    }
    const ends = this.#follow(nodes, rest)
    if (ends === undefined) return { tooLong: true }
    const told = ends.filter(({ done }) => this.#acts.every((act, place) => has(done, place) || !this.#mustBeDone(act)))
    if (told.length === 0) return { wrong: this.#complain(undefined, from) }
    const deleted = this.#pack('\\Deleted')
    if (!this.#alive && !this.#message.moved && !told.some(({ flags, known }) => (flags & deleted) !== 0 || (known & deleted) === 0)) {
      return { wrong: `UID ${this.#message.uid} is gone, but was neither \\Deleted nor moved` }
    }
    return {}
  }

  #stretchTo({ modSeq, flags, seen, at }: Version, from: number): Stretch {
    return { from, to: modSeq, target: this.#pack(flags), seen, at, changes: from === 0 ? 'any' : 'some' }
  }

  /** All states at the end of the stretch; `undefined`: too many to try. */
  #follow(nodes: readonly Node[], stretch: Stretch): Node[] | undefined {
    const ends = new Map<string, Node>()
    const tried = new Set<string>()
    const open: (Node & { readonly changed: boolean })[] = []
    const reach = (node: Node, changed: boolean): void => {
      const key = `${node.done},${node.flags},${node.known},${changed}`
      if (tried.has(key)) return
      tried.add(key)
      open.push({ ...node, changed })
    }
    for (const node of nodes) reach({ ...node, done: this.#forget(node.done, stretch) }, false)
    for (let node = open.pop(); node !== undefined; node = open.pop()) {
      if (++this.#attempts > ATTEMPTS) return undefined
      const fits = stretch.target === undefined || ((node.flags ^ stretch.target) & node.known) === 0
      if (fits && (node.changed || stretch.changes !== 'some')) {
        const end = stretch.target === undefined ? node : { done: node.done, latest: node.latest, flags: stretch.target, known: ~0 }
        ends.set(`${end.done},${end.flags},${end.known}`, end)
      }
      for (const place of this.#next(node, stretch)) this.#do(node, place, stretch, reach)
    }
    return [...ends.values()]
  }

  /** Acts that may be the next one. */
  *#next({ done, latest }: Node, { seen }: Stretch): Generator<number, undefined> {
    let earliest = Infinity
    const busy = new Set<string>()
    for (const [place, act] of this.#acts.entries()) {
      if (act.begun > seen || act.begun > earliest) return
      if (has(done, place)) continue
      if (!busy.has(act.client) && act.answered >= latest) yield place
      if (!this.#mustBeDone(act)) continue
      earliest = Math.min(earliest, act.answered)
      // Pipelined commands keep their order.
      busy.add(act.client)
    }
  }

  #do(node: Node & { changed: boolean }, place: number, stretch: Stretch, reach: (node: Node, changed: boolean) => void): void {
    const act = this.#acts[place]
    if (act === undefined) return
    const { from, to } = stretch
    const done = node.done | (1n << BigInt(place))
    const latest = Math.max(node.latest, act.begun)
    const { unless, outcome } = act
    if (unless !== undefined) {
      // The version in front of it: the one that was told, or one in between that nobody was told of.
      const older = node.changed ? from < unless : from <= unless
      const newer = node.changed ? to - 1 > unless : from > unless
      if (newer && outcome !== 'done') reach({ ...node, done, latest }, node.changed)
      if (!older || outcome === 'refused') return
    }
    const { flags, known } = this.#after(node, act)
    const same = flags === node.flags && known === node.known
    if (same || known !== node.known) reach({ done, latest, flags, known }, node.changed)
    if (!same && stretch.changes !== 'none' && act.above < to && act.upTo > from) reach({ done, latest, flags, known }, true)
  }

  #after({ flags, known }: Node, { sign, flags: names }: Act): Pick<Node, 'flags' | 'known'> {
    const bits = this.#pack(sorted(names))
    if (sign === '') return { flags: bits, known: ~0 }
    return { flags: sign === '+' ? flags | bits : flags & ~bits, known: known | bits }
  }

  /** Acts without an answer that can no longer happen count as done, so that they are not tried for ever. */
  #forget(done: bigint, { at }: Stretch): bigint {
    let all = done
    for (const [place, act] of this.#acts.entries()) {
      if (act.at + FORGOTTEN > at) break
      if (act.answered === Infinity) all |= 1n << BigInt(place)
    }
    return all
  }

  /** Answered, and the message was there for certain. */
  #mustBeDone({ outcome, answered }: Act): boolean {
    return outcome !== 'maybe' && (this.#alive || answered < this.#message.goneAfter)
  }

  #pack(flags: string): number {
    let bits = 0
    for (const name of flags.split(' ')) {
      if (name === '') continue
      const bit = this.#bits.get(name) ?? this.#bits.size
      this.#bits.set(name, bit)
      bits |= 1 << bit
    }
    return bits
  }

  #complain(version: Version | undefined, from: number): string {
    const { uid, versions } = this.#message
    const before = versions.get(from)
    const lines = this.#acts
      .filter(({ begun, answered }) => begun < (version?.seen ?? Infinity) && answered > (before?.seen ?? 0) - 40)
      .map(
        (act) =>
          `${act.client} ${act.begun}–${act.answered} ${act.sign}(${act.flags.join(' ')}) ${act.outcome} (${act.above}, ${act.upTo}]${act.unless === undefined ? '' : ` unless ${act.unless}`}`,
      )
    const told =
      version === undefined ? 'nothing more was told' : `${version.modSeq} (${version.flags}) told to ${version.by} at ${version.seen}`
    return [
      `no order of the acts explains the flags of UID ${uid}: ${from} (${before?.flags ?? this.#message.appendedWith ?? 'unknown'}), then ${told}`,
      ...lines,
    ].join('\n  ')
  }
}

function has(set: bigint, place: number): boolean {
  return ((set >> BigInt(place)) & 1n) === 1n
}
