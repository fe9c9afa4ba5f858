import assert from 'node:assert/strict'

/** What the whole test knows of messages: whoever stored one notes the octets that its UID stands for. */
export class Truth {
  readonly #bodies = new Map<number, string>()

  /** Called by each that learns which UID a text was given, and by each that is shown a text. */
  is(uid: number, body: string): void {
    const known = this.#bodies.get(uid)
    if (known === undefined) this.#bodies.set(uid, body)
    else assert.equal(body, known, `UID ${uid} stands for another message`)
  }

  /** `copy` is a copy of `uid`. */
  isCopy(uid: number, copy: number): void {
    const body = this.#bodies.get(uid)
    if (body !== undefined) this.is(copy, body)
  }
}

export interface Known {
  uid: number | undefined
  /** System flags and keywords in order, without \Recent; `undefined`: not told yet. */
  flags: string | undefined
  modSeq: number | undefined
}

/** Commands during which no sequence number may change (RFC 3501 section 7.4.1). */
const NO_EXPUNGE = new Set(['FETCH', 'STORE', 'SEARCH'])

/** What one client may believe by the responses it was sent. Every response is checked against it. */
export class Belief {
  readonly messages: Known[] = []
  readonly #truth: Truth
  readonly #modSeqs: boolean

  /** `modSeqs`: the client is to be told the modseq of each change (RFC 7162 section 3.1). */
  constructor(truth: Truth, modSeqs: boolean) {
    this.#truth = truth
    this.#modSeqs = modSeqs
  }

  /** Takes one untagged response; `during` is the name of the command in progress, `''` if there is none. */
  take(response: string, during: string): void {
    const [, number = '', kind = ''] = /^\* (\d+) ([A-Z]+)/.exec(response) ?? []
    if (kind === 'EXISTS') this.#exists(Number(number))
    else if (kind === 'EXPUNGE') this.#expunge(Number(number), during)
    else if (kind === 'RECENT') assert.ok(Number(number) <= this.messages.length, response)
    else if (kind === 'FETCH') this.#fetch(Number(number), response, during)
  }

  #exists(count: number): void {
    assert.ok(count >= this.messages.length, `EXISTS went down to ${count} from ${this.messages.length}`)
    while (this.messages.length < count) this.messages.push({ uid: undefined, flags: undefined, modSeq: undefined })
  }

  #expunge(number: number, during: string): void {
    assert.ok(during !== '' && !NO_EXPUNGE.has(during), `EXPUNGE during "${during}"`)
    this.#at(number)
    this.messages.splice(number - 1, 1)
  }

  #fetch(number: number, response: string, during: string): void {
    const message = this.#at(number)
    const uid = /[( ]UID (\d+)/.exec(response)?.[1]
    if (uid !== undefined) this.#learn(number, Number(uid))
    const body = /BODY\[\] \{\d+\}\r\n([^]*?\r\n\r\n[^]*?\r\n)/.exec(response)?.[1]
    if (body !== undefined && message.uid !== undefined) this.#truth.is(message.uid, body)
    const flags = /FLAGS \(([^)]*)\)/.exec(response)?.[1]
    if (flags !== undefined) message.flags = sorted(flags.split(' '))
    this.#takeModSeq(message, response, during)
  }

  /** Only who asks for flags alone gets them alone. */
  #takeModSeq(message: Known, response: string, during: string): void {
    const modSeq = Number(/MODSEQ \((\d+)\)/.exec(response)?.[1] ?? 0)
    if (modSeq === 0) {
      assert.ok(!this.#modSeqs || during === 'FETCH' || during === 'UID', `no MODSEQ during "${during}": ${response}`)
      return
    }
    assert.ok(modSeq >= (message.modSeq ?? 0), `the modseq went down from ${message.modSeq}: ${response}`)
    message.modSeq = modSeq
  }

  /** A number never stands for another message, and UIDs ascend with the numbers. */
  #learn(number: number, uid: number): void {
    const message = this.#at(number)
    assert.equal(message.uid ?? uid, uid, `number ${number} was another message`)
    message.uid = uid
    const before = this.messages.slice(0, number - 1).findLast((other) => other.uid !== undefined)?.uid
    const after = this.messages.slice(number).find((other) => other.uid !== undefined)?.uid
    assert.ok((before ?? 0) < uid && uid < (after ?? Infinity), `UIDs out of order at ${number}: ${before} ${uid} ${after}`)
  }

  #at(number: number): Known {
    const message = this.messages[number - 1]
    assert.ok(message !== undefined, `number ${number} of ${this.messages.length}`)
    return message
  }
}

/** `undefined` for a message whose flags nobody told. */
export function apply(flags: string | undefined, sign: '' | '+' | '-', change: readonly string[]): string | undefined {
  if (sign === '') return sorted(change)
  if (flags === undefined) return undefined
  const set = new Set(flags.split(' '))
  for (const flag of change)
    if (sign === '+') set.add(flag)
    else set.delete(flag)
  return sorted([...set])
}

function sorted(flags: readonly string[]): string {
  return flags
    .filter((flag) => flag !== '' && flag !== '\\Recent')
    .sort()
    .join(' ')
}
