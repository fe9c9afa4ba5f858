import assert from 'node:assert/strict'
import type { Random } from '@mailstead/testkit'
import type { Client } from '../client.ts'
import { apply, Belief, type Truth } from './model.ts'

const FLAGS = ['\\Seen', '\\Deleted', '\\Flagged', '\\Answered', '$Work', 'Play']

/** By command. */
type Intents = Readonly<Record<string, () => void>>

/** A client that does one thing after another by chance, and believes nothing that it was not told. */
export class Actor {
  readonly belief: Belief
  readonly #name: string
  readonly #client: Client
  readonly #random: Random
  readonly #truth: Truth
  readonly #modSeqs: boolean
  #tags = 0
  #texts = 0

  /** `modSeqs`: it asks for modseqs (RFC 7162 section 3.1.8). */
  constructor(name: string, client: Client, random: Random, truth: Truth, modSeqs: boolean) {
    this.#name = name
    this.#client = client
    this.#random = random
    this.#truth = truth
    this.#modSeqs = modSeqs
    this.belief = new Belief(truth, modSeqs)
  }

  async select(): Promise<void> {
    await this.#run([this.#modSeqs ? 'SELECT INBOX (CONDSTORE)' : 'SELECT INBOX'])
  }

  async act(): Promise<void> {
    const acts = [
      () => this.#learnNew(),
      () => this.#learnNew(),
      () => this.#run(['NOOP']),
      () => this.#readByNumber(),
      () => this.#readByNumber(),
      () => this.#readByUid(),
      () => this.#store(),
      () => this.#store(),
      () => (this.#modSeqs ? this.#storeUnlessChanged() : this.#store()),
      () => this.#search(),
      () => this.#append(),
      () => this.#append(),
      () => this.#run([this.#random.chance(0.5) ? 'EXPUNGE' : `UID EXPUNGE ${this.#uids().join(',') || '1'}`]),
      () => this.#copy(),
      () => this.#move(),
      () => this.#idle(),
      () => this.#pipeline(),
    ]
    await this.#random.pick(acts)()
  }

  /** Learns what is left to learn, and says what it was told before: flags by UID. */
  async settle(): Promise<{ told: Map<number, string>; real: Map<number, string> }> {
    await this.#run(['NOOP'])
    const told = this.#knownFlags()
    const modSeqs = this.belief.messages.map(({ modSeq }) => modSeq)
    const items = this.#modSeqs ? 'UID FLAGS MODSEQ' : 'UID FLAGS'
    await this.#run([this.belief.messages.length === 0 ? 'NOOP' : `FETCH 1:* (${items})`])
    for (const [index, { uid, modSeq }] of this.belief.messages.entries()) {
      assert.equal(modSeqs[index] ?? modSeq, modSeq, `${this.#name} was not told the modseq of UID ${uid}`)
    }
    return { told, real: this.#knownFlags() }
  }

  #knownFlags(): Map<number, string> {
    const entries = this.belief.messages.flatMap(({ uid, flags }): [number, string][] =>
      uid === undefined || flags === undefined ? [] : [[uid, flags]],
    )
    return new Map(entries)
  }

  /**
   * Sends all at once and takes the answers, which have to come in order. Resolves to the tagged ones, without tags.
   * `meanwhile` says what to believe once a command's turn has come.
   */
  async #run(commands: readonly string[], look: (response: string) => void = () => {}, meanwhile: Intents = {}): Promise<string[]> {
    const tagged = commands.map((command) => ({ tag: `${this.#name}${++this.#tags}`, command }))
    this.#client.send(tagged.map(({ tag, command }) => `${tag} ${command}\r\n`).join(''))
    const answers: string[] = []
    for (const { tag, command } of tagged) {
      const name = command.split(' ')[0] ?? ''
      meanwhile[command]?.()
      const responses = await this.#client.until(tag)
      const answer = responses.pop() ?? ''
      for (const response of responses) {
        assert.ok(response.startsWith('* '), `an answer out of order: ${response}`)
        this.belief.take(response, name)
        look(response)
        if (name === 'SEARCH' && response.startsWith('* SEARCH')) this.#checkNumbers(response)
      }
      assert.match(answer, /^\S+ (OK|NO \[EXPUNGEISSUED\]) /, `${command}: ${answer}`)
      answers.push(answer.slice(tag.length + 1))
    }
    return answers
  }

  #checkNumbers(response: string): void {
    for (const number of response.split(' ').slice(2)) assert.ok(Number(number) <= this.belief.messages.length, response)
  }

  /** UIDs it knows. */
  #uids(): number[] {
    return this.belief.messages.flatMap(({ uid }) => (uid === undefined ? [] : [uid]))
  }

  async #learnNew(): Promise<void> {
    await this.#run([`UID FETCH ${(this.#uids().at(-1) ?? 0) + 1}:* (FLAGS)`])
  }

  /** Up to three numbers, or `undefined` for an empty mailbox. */
  #numbers(): number[] | undefined {
    const count = this.belief.messages.length
    if (count === 0) return undefined
    return [...new Set(Array.from({ length: 1 + this.#random.int(3) }, () => 1 + this.#random.int(count)))]
  }

  async #readByNumber(): Promise<void> {
    const numbers = this.#numbers()
    if (numbers === undefined) return
    await this.#run([`FETCH ${numbers.join(',')} (UID BODY.PEEK[])`])
  }

  async #readByUid(): Promise<void> {
    const uids = this.#uids()
    if (uids.length > 0) await this.#run([`UID FETCH ${this.#random.pick(uids)} (BODY${this.#random.pick(['.PEEK', ''])}[] FLAGS)`])
  }

  /** What it asks for itself it knows at once; what the server says afterwards is newer. */
  async #store(): Promise<void> {
    const numbers = this.#numbers()
    if (numbers === undefined) return
    const sign = this.#random.pick(['', '+', '+', '-'] as const)
    const flags = [...new Set([this.#random.pick(FLAGS), this.#random.pick(FLAGS)])]
    const item = `${sign}FLAGS${this.#random.pick(['', '.SILENT'])} (${flags.join(' ')})`
    const uids = numbers.map((number) => this.belief.messages[number - 1]?.uid)
    const byUid = this.#random.chance(0.5) && !uids.includes(undefined)
    for (const number of numbers) {
      const message = this.belief.messages[number - 1]
      if (message !== undefined) message.flags = apply(message.flags, sign, flags)
    }
    await this.#run([byUid ? `UID STORE ${uids.join(',')} ${item}` : `STORE ${numbers.join(',')} ${item}`])
  }

  /** It is told the flags, whether its condition held or not. */
  async #storeUnlessChanged(): Promise<void> {
    const known = this.belief.messages
      .map(({ modSeq }, index) => ({ modSeq, number: index + 1 }))
      .filter(({ modSeq }) => modSeq !== undefined)
    if (known.length === 0) return
    const { number, modSeq } = this.#random.pick(known)
    const before = modSeq ?? 0
    const flags = `${this.#random.pick(['', '+', '-'] as const)}FLAGS (${this.#random.pick(FLAGS)})`
    const [answer = ''] = await this.#run([`STORE ${number} (UNCHANGEDSINCE ${before}) ${flags}`])
    const failed = answer.includes('[MODIFIED ')
    if (failed) assert.ok((this.belief.messages[number - 1]?.modSeq ?? 0) > before, `${answer}, though nothing has changed since ${before}`)
  }

  async #search(): Promise<void> {
    const uid = this.#uids().at(-1)
    await this.#run([this.#random.chance(0.5) || uid === undefined ? 'SEARCH DELETED' : `SEARCH UID ${uid}`])
  }

  /** Without waiting for "+"; the reply says which UID the text was given. */
  async #append(): Promise<void> {
    const text = `Subject: ${this.#name} ${++this.#texts}\r\n\r\n${'x'.repeat(this.#random.int(300))}\r\n`
    const [answer = ''] = await this.#run([`APPEND INBOX {${text.length}+}\r\n${text}`])
    const uid = /\[APPENDUID \d+ (\d+)\]/.exec(answer)?.[1]
    assert.ok(uid !== undefined, answer)
    this.#truth.is(Number(uid), text)
  }

  async #copy(): Promise<void> {
    const numbers = this.#numbers()
    if (numbers === undefined) return
    const wanted = numbers.map((number) => this.belief.messages[number - 1]?.uid)
    const [answer = ''] = await this.#run([`COPY ${numbers.join(',')} Archive`])
    const copied = /\[COPYUID \d+ (\S+) /.exec(answer)?.[1]
    if (copied === undefined || wanted.includes(undefined)) return
    for (const uid of expand(copied)) assert.ok(wanted.includes(uid), `COPY took UID ${uid}, wanted were ${wanted.join(',')}`)
  }

  /** To the end of the same mailbox, under fresh UIDs. */
  async #move(): Promise<void> {
    const numbers = this.#numbers()
    if (numbers === undefined) return
    const wanted = numbers.map((number) => this.belief.messages[number - 1]?.uid)
    const byUid = this.#random.chance(0.5) && !wanted.includes(undefined)
    const moved = /\[COPYUID \d+ (\S+) (\S+)\]/
    await this.#run([byUid ? `UID MOVE ${wanted.join(',')} INBOX` : `MOVE ${numbers.join(',')} INBOX`], (response) => {
      const [, from = '', to = ''] = moved.exec(response) ?? []
      for (const [index, uid] of expand(from).entries()) {
        assert.ok(wanted.includes(undefined) || wanted.includes(uid), `MOVE took UID ${uid}, wanted were ${wanted.join(',')}`)
        this.#truth.isCopy(uid, expand(to)[index] ?? 0)
      }
    })
  }

  async #idle(): Promise<void> {
    const tag = `${this.#name}${++this.#tags}`
    this.#client.send(`${tag} IDLE\r\n`)
    for (;;) {
      const response = await this.#client.response()
      assert.ok(response !== undefined, 'the connection ended before IDLE')
      if (response === '+ idling') break
      this.belief.take(response, 'IDLE')
    }
    await new Promise((resolve) => setTimeout(resolve, this.#random.int(5)))
    this.#client.send('DONE\r\n')
    for (const response of (await this.#client.until(tag)).slice(0, -1)) this.belief.take(response, 'IDLE')
  }

  /** Commands that no EXPUNGE may part, so that numbers mean the same in all of them. */
  async #pipeline(): Promise<void> {
    const count = this.belief.messages.length
    if (count === 0) return
    const number = 1 + this.#random.int(count)
    const store = `STORE ${number} +FLAGS.SILENT (\\Flagged)`
    const commands = [`FETCH ${number} (UID)`, store, `SEARCH ${number} FLAGGED`, `FETCH ${number} (UID BODY.PEEK[])`]
    await this.#run(commands, () => {}, {
      // Not before: the FETCH in front of it may tell what others have done.
      [store]: () => {
        const message = this.belief.messages[number - 1]
        if (message !== undefined) message.flags = apply(message.flags, '+', ['\\Flagged'])
      },
    })
  }
}

/** `1:3,7` → 1 2 3 7 */
function expand(set: string): number[] {
  if (set === '') return []
  return set.split(',').flatMap((range) => {
    const [first = 0, last = first] = range.split(':').map(Number)
    return Array.from({ length: last - first + 1 }, (_, index) => first + index)
  })
}
