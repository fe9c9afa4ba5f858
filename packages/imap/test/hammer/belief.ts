import assert from 'node:assert/strict'
import type { FetchResponse, Response } from './response.ts'
import type { Truth } from './truth.ts'

/** A message as one client knows it. */
export interface Known {
  uid: number | undefined
  /** `undefined`: not told yet. */
  flags: string | undefined
  modSeq: number | undefined
  /** The client has worked the flags out, since the server told the modseq alone. */
  derived: boolean
}

/** What a client asks to be told. */
export type Kind = 'plain' | 'condstore' | 'qresync'

/** What a client keeps of a mailbox when its connection is over: UIDs with their flags and modseqs. */
export interface Cache {
  readonly modSeq: number
  readonly messages: ReadonlyMap<number, { readonly flags: string; readonly modSeq: number }>
}

/** Commands during which no sequence number may change (RFC 3501 section 7.4.1). */
const NO_EXPUNGE = new Set(['FETCH', 'STORE', 'SEARCH'])

/** What one client may believe of its selected mailbox by the responses it was sent. Every response is checked against it. */
export class Belief {
  readonly truth: Truth
  readonly kind: Kind
  readonly messages: Known[] = []
  /** As RFC 7162 section 6 lets a client work it out; 0 before it was told. */
  highest = 0
  readonly #client: string
  readonly #gone = new Set<number>()
  /** Of the FETCH responses since the last tagged one, and what HIGHESTMODSEQ said. */
  #seen = 0
  #told: number | undefined

  constructor(client: string, kind: Kind, truth: Truth) {
    this.#client = client
    this.kind = kind
    this.truth = truth
  }

  get uids(): number[] {
    return this.messages.flatMap(({ uid }) => (uid === undefined ? [] : [uid]))
  }

  /** Everything is known of every message. */
  get complete(): boolean {
    return this.messages.every(({ uid, flags, modSeq }) => uid !== undefined && flags !== undefined && modSeq !== undefined)
  }

  find(uid: number): Known | undefined {
    return this.messages.find((message) => message.uid === uid)
  }

  /** Takes one untagged response; `during` is the name of the command in progress. */
  take(response: Response, during: string): void {
    if (response.kind === 'exists') this.#exists(response.count)
    else if (response.kind === 'expunge') this.#expunge(response.number, during)
    else if (response.kind === 'vanished') this.#vanished(response.earlier, response.uids, during)
    else if (response.kind === 'fetch') this.#fetch(response)
    else if (response.kind === 'code' && response.name === 'HIGHESTMODSEQ') this.#told = Number(response.value)
  }

  /** The command is answered: what the client worked out of its own it may now hold for true. */
  answered(highest: number | undefined): void {
    for (const { uid, flags, modSeq, derived } of this.messages) {
      if (derived && uid !== undefined && flags !== undefined && modSeq !== undefined) {
        this.truth.sawFlags(uid, modSeq, flags, `${this.#client} (by itself)`)
      }
    }
    for (const message of this.messages) message.derived = false
    const before = this.highest
    // RFC 7162 section 6: HIGHESTMODSEQ counts even below the modseqs of messages.
    this.highest = highest ?? this.#told ?? Math.max(this.highest, this.#seen)
    this.#seen = 0
    this.#told = undefined
    if (this.kind !== 'plain' && this.highest !== before) this.#claim()
  }

  /** What can be taken along to another connection; `undefined` when something is missing. */
  keep(): Cache | undefined {
    if (this.kind !== 'qresync' || this.highest === 0 || !this.complete) return undefined
    const messages = this.messages.map(({ uid, flags, modSeq }) => [uid ?? 0, { flags: flags ?? '', modSeq: modSeq ?? 0 }] as const)
    return { modSeq: this.highest, messages: new Map(messages) }
  }

  /** STATUS told it of the selected mailbox. */
  claims(modSeq: number): void {
    if (this.kind !== 'plain') this.#claim(modSeq)
  }

  #claim(modSeq = this.highest): void {
    const { uids } = this
    if (uids.length < this.messages.length) return
    const modSeqs = Float64Array.from(this.messages, (message) => message.modSeq ?? 0)
    this.truth.claims.push({ client: this.#client, moment: this.truth.world.tick(), modSeq, uids: Uint32Array.from(uids), modSeqs })
  }

  #exists(count: number): void {
    assert.ok(count >= this.messages.length, `EXISTS went down to ${count} from ${this.messages.length}`)
    while (this.messages.length < count) this.messages.push({ uid: undefined, flags: undefined, modSeq: undefined, derived: false })
  }

  #expunge(number: number, during: string): void {
    assert.ok(this.kind !== 'qresync', 'EXPUNGE in the place of VANISHED')
    this.#mayGo(during)
    this.#at(number)
    this.#remove(number - 1)
  }

  #mayGo(during: string): void {
    assert.ok(during !== '' && !NO_EXPUNGE.has(during), `a message goes during "${during}"`)
  }

  #vanished(earlier: boolean, uids: readonly number[], during: string): void {
    assert.ok(this.kind === 'qresync', 'VANISHED for a client that does not know it')
    if (earlier) {
      // RFC 7162 section 3.2.10.1: sequence numbers stay as they are, so the client cannot be counting them.
      for (const uid of uids) {
        assert.equal(this.find(uid), undefined, `VANISHED (EARLIER) names UID ${uid}, which the client counts`)
        if (this.truth.messages.has(uid)) this.truth.sawGone(uid)
      }
      return
    }
    this.#mayGo(during)
    for (const uid of uids) this.#remove(this.#placeOf(uid))
  }

  /** Messages whose UIDs the client has not asked for yet stand between others. */
  #placeOf(uid: number): number {
    const next = this.messages.findIndex((message) => (message.uid ?? 0) >= uid)
    const known = this.messages[next]
    if (known?.uid === uid) return next
    const place = (known === undefined ? this.messages.length : next) - 1
    assert.ok(
      this.messages[place] !== undefined && this.messages[place]?.uid === undefined,
      `VANISHED names UID ${uid}, which nobody announced`,
    )
    const message = this.messages[place]
    if (message !== undefined) message.uid = uid
    return place
  }

  #remove(place: number): void {
    const [message] = this.messages.splice(place, 1)
    if (message?.uid === undefined) return
    this.#gone.add(message.uid)
    this.truth.sawGone(message.uid)
  }

  #fetch({ number, uid, flags, modSeq, body }: FetchResponse): void {
    const message = this.#at(number)
    if (uid !== undefined) this.#learn(number, uid)
    if (body !== undefined && message.uid !== undefined) this.truth.sawBody(message.uid, body)
    if (modSeq !== undefined) {
      assert.ok(modSeq >= (message.modSeq ?? 0), `the modseq of number ${number} went down from ${message.modSeq} to ${modSeq}`)
      message.modSeq = modSeq
      message.derived = flags === undefined && message.flags !== undefined
      this.#seen = Math.max(this.#seen, modSeq)
      this.truth.world.sawModSeq(modSeq)
    }
    if (flags === undefined) return
    message.flags = flags
    // Clients that know modseqs never ask for flags without them (RFC 7162 section 3.2.4).
    assert.ok(this.kind === 'plain' || modSeq !== undefined, `no MODSEQ with the flags of number ${number}`)
    if (modSeq !== undefined && message.uid !== undefined) this.truth.sawFlags(message.uid, modSeq, flags, this.#client)
  }

  /** A number never stands for another message, UIDs ascend with the numbers, and who is gone stays away. */
  #learn(number: number, uid: number): void {
    const message = this.#at(number)
    assert.equal(message.uid ?? uid, uid, `number ${number} was another message`)
    assert.ok(!this.#gone.has(uid), `UID ${uid} is back`)
    message.uid = uid
    const before = this.messages.slice(0, number - 1).findLast((other) => other.uid !== undefined)?.uid
    const after = this.messages.slice(number).find((other) => other.uid !== undefined)?.uid
    assert.ok((before ?? 0) < uid && uid < (after ?? Infinity), `UIDs out of order at ${number}: ${before} ${uid} ${after}`)
    this.truth.of(uid)
  }

  #at(number: number): Known {
    const message = this.messages[number - 1]
    assert.ok(message !== undefined, `number ${number} of ${this.messages.length}`)
    return message
  }
}
