import assert from 'node:assert/strict'
import type { Sign } from './response.ts'

/** What the mailboxes of a run share. */
export interface Shared {
  /** The highest modseq that anybody was told. */
  readonly modSeq: number
  sawModSeq(modSeq: number): void
  /** The next moment. */
  tick(): number
  /** The name of a message's text. */
  nameOf(body: string, where: string): string
}

/** Flags as they were from one modseq on. */
export interface Version {
  readonly modSeq: number
  readonly flags: string
  /** Moment and time (ms) when somebody was told first. */
  readonly seen: number
  readonly at: number
  readonly by: string
}

/** A change of a message's flags that a client asked for. */
export interface Act {
  readonly client: string
  readonly sign: Sign
  readonly flags: readonly string[]
  /** UNCHANGEDSINCE. */
  readonly unless: number | undefined
  readonly begun: number
  readonly at: number
  /** What it does has a modseq above this one … */
  readonly above: number
  /** … and not above that. */
  upTo: number
  answered: number
  /** `maybe`: it is not known whether the message was still there, or the answer never came. */
  outcome: 'maybe' | 'done' | 'refused'
}

/** Everything that anybody was told of one UID. */
export interface Told {
  readonly uid: number
  text: string | undefined
  /** The copied message, or who appended it; `undefined` when nobody was told where it came from. */
  origin: Told | string | undefined
  /** The flags it was appended with. */
  appendedWith: string | undefined
  /** Moments between which it came. */
  bornAfter: number
  bornBefore: number
  /** Moments between which it went. */
  goneAfter: number
  goneBefore: number
  /** A MOVE may have taken it. */
  moved: boolean
  /** Commands that may have copied it without a word. */
  looseCopies: number
  readonly versions: Map<number, Version>
  readonly acts: Act[]
}

/** A client may believe that it knows everything up to `modSeq`, and this is what it knows. */
export interface Claim {
  readonly client: string
  readonly moment: number
  readonly modSeq: number
  readonly uids: Uint32Array
  /** 0: not told yet. */
  readonly modSeqs: Float64Array
}

export interface Counted {
  readonly client: string
  readonly begun: number
  readonly answered: number
  readonly items: ReadonlyMap<string, number>
}

/** Moments after which a command runs no more whose client has gone: it may still remove what was alive a while after it was sent. */
const LATE = 2000

/** What the clients together know of one mailbox. Contradictions between them fail at once. */
export class Truth {
  readonly mailbox: string
  readonly world: Shared
  readonly messages = new Map<number, Told>()
  readonly claims: Claim[] = []
  readonly counted: Counted[] = []
  /** Messages that came for certain, and that may have come besides. */
  arrived = 0
  mayHaveArrived = 0
  /** When the commands that may be removing messages now were begun. */
  readonly removals = new Set<{ readonly begun: number }>()
  /** The same of commands that did not say, or not to the end, what they removed of the UIDs above one. Ascending. */
  readonly quietRemovals: { readonly begun: number; readonly above: number }[] = []

  constructor(mailbox: string, world: Shared) {
    this.mailbox = mailbox
    this.world = world
  }

  of(uid: number): Told {
    let told = this.messages.get(uid)
    if (told === undefined) {
      told = {
        uid,
        text: undefined,
        origin: undefined,
        appendedWith: undefined,
        bornAfter: 0,
        bornBefore: this.world.tick(),
        goneAfter: Infinity,
        goneBefore: Infinity,
        moved: false,
        looseCopies: 0,
        versions: new Map(),
        acts: [],
      }
      this.messages.set(uid, told)
    }
    return told
  }

  /** A modseq stands for the same flags whoever is told. */
  sawFlags(uid: number, modSeq: number, flags: string, by: string): void {
    const { versions } = this.of(uid)
    const known = versions.get(modSeq)
    if (known === undefined) versions.set(modSeq, { modSeq, flags, seen: this.world.tick(), at: Date.now(), by })
    else assert.equal(flags, known.flags, `UID ${uid} at modseq ${modSeq}: ${by} is told other flags than ${known.by}`)
    this.world.sawModSeq(modSeq)
  }

  sawBody(uid: number, body: string): void {
    const told = this.of(uid)
    const name = this.world.nameOf(body, `${this.mailbox} UID ${uid}`)
    assert.equal(told.text ?? name, name, `UID ${uid} stands for another message`)
    told.text = name
  }

  /** A command that was begun then may have removed messages with UIDs above this one without a word. */
  quietlyRemoved(begun: number, above = 0): void {
    const place = this.quietRemovals.findLastIndex((other) => other.begun < begun) + 1
    this.quietRemovals.splice(place, 0, { begun, above })
  }

  /** It has left the mailbox. Which command removed it is not known: one that is not answered yet, or one that said nothing. */
  sawGone(uid: number): void {
    const told = this.of(uid)
    if (told.goneBefore < Infinity) return
    told.goneBefore = this.world.tick()
    const alive = lastAlive(told)
    const quiet = this.quietRemovals.find(({ begun, above }) => begun > alive - LATE && above < uid)?.begun ?? Infinity
    const earliest = Math.min(...[...this.removals].map(({ begun }) => begun), quiet, told.goneBefore)
    told.goneAfter = Math.max(alive, earliest)
  }

  /** A reply names the UID that a new message was given. */
  gotUid(uid: number, origin: Told | string, begun: number): Told {
    assert.ok(this.messages.get(uid)?.origin === undefined, `UID ${uid} was given twice`)
    const told = this.of(uid)
    told.origin = origin
    this.arrived++
    told.bornAfter = begun
    if (typeof origin === 'string') {
      assert.equal(told.text ?? origin, origin, `UID ${uid} stands for another message`)
      told.text = origin
    }
    return told
  }

  act(uid: number, what: Pick<Act, 'client' | 'sign' | 'flags' | 'unless'>): Act {
    const { world } = this
    const act: Act = {
      ...what,
      begun: world.tick(),
      at: Date.now(),
      above: world.modSeq,
      upTo: Infinity,
      answered: Infinity,
      outcome: 'maybe',
    }
    this.of(uid).acts.push(act)
    return act
  }
}

/** A moment at which the message was there for certain: an act was begun then, and told a modseq that came after. */
export function lastAlive({ acts, bornAfter }: Told): number {
  return acts.reduce((last, { begun, upTo, above }) => (upTo < Infinity && upTo > above ? Math.max(last, begun) : last), bornAfter)
}
