import assert from 'node:assert/strict'
import type { Random } from '@mailstead/testkit'
import type { Client } from '../client.ts'
import { Belief, type Cache, type Kind } from './belief.ts'
import { Line, type Answer, type Command } from './line.ts'
import type { Response } from './response.ts'
import type { Truth } from './truth.ts'
import type { World } from './world.ts'

export interface ActorOptions {
  readonly name: string
  readonly kind: Kind
  /** It is told at any time, of expunges with commands that allow it (RFC 5465 section 6.1.2). */
  readonly notified: boolean
  readonly world: World
  readonly random: Random
  /** Opens a connection that has read the greeting and logged in. */
  readonly connect: () => Promise<Client>
  /** Where it acts: the first most of the time. */
  readonly mailboxes: readonly [string, string]
  /** It takes no message out of the first mailbox by MOVE: one that POP3 removes there would live on elsewhere under its unique-id. */
  readonly staying: boolean
}

/** A client: connections, the selected mailbox, and what it believes of it. `acts.ts` says what it does there. */
export class Actor {
  readonly name: string
  readonly kind: Kind
  readonly world: World
  readonly random: Random
  /** The last lines of its connections. */
  readonly said: string[] = []
  belief: Belief
  commands = 0
  reconnects = 0
  resyncs = 0
  readonly #options: ActorOptions
  readonly #caches = new Map<string, Cache>()
  #line: Line | undefined
  #selects = false

  constructor(options: ActorOptions) {
    this.#options = options
    this.name = options.name
    this.kind = options.kind
    this.world = options.world
    this.random = options.random
    this.belief = new Belief(this.name, this.kind, this.world.mailbox(options.mailboxes[0]))
  }

  get mailboxes(): readonly [string, string] {
    return this.#options.mailboxes
  }

  get mayMove(): boolean {
    return !this.#options.staying || this.truth.mailbox !== this.mailboxes[0]
  }

  /** Who is told at any time cannot know whether what it reads was sent before the server heard of its own command. */
  get silent(): '' | '.SILENT' {
    return this.#options.notified ? '' : '.SILENT'
  }

  get truth(): Truth {
    return this.belief.truth
  }

  get #open(): Line {
    assert.ok(this.#line !== undefined)
    return this.#line
  }

  /** Logs in and selects a mailbox, from what it knew of it when it can. */
  async connect(mailbox = this.mailboxes[this.random.chance(0.85) ? 0 : 1]): Promise<void> {
    this.#selects = false
    this.#line = new Line(this.name, await this.#options.connect(), this.world, this.said)
    if (this.kind === 'qresync') await this.#open.run([{ text: 'ENABLE QRESYNC' }], () => {})
    if (this.random.chance(0.3)) await this.#open.speakRev2()
    if (this.#options.notified) {
      await this.#open.run([{ text: 'NOTIFY SET (selected-delayed (MessageNew (UID FLAGS) MessageExpunge FlagChange))' }], () => {})
    }
    await this.select(mailbox)
  }

  /** Selects `mailbox`, whether another is selected or not. */
  async select(mailbox: string): Promise<void> {
    // Until the reply what is told may be of the mailbox selected before.
    if (this.#options.notified && this.#selects) await this.run([{ text: 'UNSELECT' }])
    this.#selects = true
    this.belief = new Belief(this.name, this.kind, this.world.mailbox(mailbox))
    const cache = this.#caches.get(mailbox)
    if (cache !== undefined) return this.#resync(mailbox, cache)
    await this.run([{ text: this.kind === 'plain' ? `SELECT ${mailbox}` : `SELECT ${mailbox} (CONDSTORE)` }])
    if (this.belief.messages.length > 0) await this.learn('1:*')
  }

  /** RFC 7162 section 3.2.5: everything that has happened is told, so that the client knows all again. */
  async #resync(mailbox: string, cache: Cache): Promise<void> {
    this.resyncs++
    const left = new Map(cache.messages)
    const fetched = new Set<number>()
    let exists = 0
    let validity = ''
    const last = Math.max(0, ...left.keys())
    const known = this.#knownUids(cache)
    const take = (response: Response): void => {
      if (response.kind === 'exists') exists = response.count
      if (response.kind === 'code' && response.name === 'UIDVALIDITY') validity = response.value
      if (response.kind === 'vanished') for (const uid of response.uids) left.delete(uid)
      if (response.kind === 'fetch') fetched.add(response.uid ?? 0)
    }
    await this.#open.run(
      [{ text: `SELECT ${mailbox} (QRESYNC (${await this.#validity(mailbox)} ${cache.modSeq}${known}))`, take }],
      (response, name) => this.belief.take(response, name),
    )
    assert.equal(validity, await this.#validity(mailbox))
    const { belief } = this
    for (const uid of fetched) left.delete(uid)
    // New messages are not among the known UIDs, when the client named those.
    const unknown = known === '' ? 0 : exists - left.size - fetched.size
    assert.equal(
      left.size + fetched.size + unknown,
      exists,
      `after QRESYNC from ${cache.modSeq} the client counts ${left.size} kept and ${fetched.size} told messages`,
    )
    assert.ok(unknown >= 0, `after QRESYNC from ${cache.modSeq} the client counts ${left.size + fetched.size} of ${exists} messages`)
    const uids = [...left.keys(), ...fetched].sort((a, b) => a - b)
    if (unknown > 0) assert.ok((uids.at(-1) ?? 0) <= last, 'a message that was not asked for was told')
    for (const [place, uid] of uids.entries()) {
      const message = belief.messages[place]
      assert.ok(
        message !== undefined && (message.uid ?? uid) === uid,
        `after QRESYNC number ${place + 1} is UID ${message?.uid}, but the client counts UID ${uid} there`,
      )
      const kept = left.get(uid)
      if (kept !== undefined) Object.assign(message, { uid, ...kept })
    }
    belief.answered(undefined)
    if (unknown > 0) await this.learn(`${last + 1}:*`)
    assert.ok(belief.highest >= cache.modSeq, `HIGHESTMODSEQ went down from ${cache.modSeq} to ${belief.highest}`)
  }

  /** Which UIDs it tells the server that it knows, and at times numbers with their UIDs. */
  #knownUids({ messages }: Cache): string {
    const uids = [...messages.keys()]
    if (uids.length === 0 || this.random.chance(0.4)) return ''
    const known = this.random.chance(0.5) ? `1:${uids.at(-1)}` : uids.join(',')
    if (this.random.chance(0.5)) return ` ${known}`
    const places = [...new Set(Array.from({ length: 3 }, () => this.random.int(uids.length)))].sort((a, b) => a - b)
    return ` ${known} (${places.map((place) => place + 1).join(',')} ${places.map((place) => uids[place]).join(',')})`
  }

  async #validity(mailbox: string): Promise<string> {
    const known = this.world.validities.get(mailbox)
    if (known !== undefined) return known
    let validity = ''
    await this.#open.run(
      [
        {
          text: `STATUS ${mailbox} (UIDVALIDITY)`,
          take: (response) => {
            if (response.kind === 'status') validity = String(response.items.get('UIDVALIDITY'))
          },
        },
      ],
      () => {},
    )
    this.world.validities.set(mailbox, validity)
    return validity
  }

  /** Asks for flags of UIDs; without an EXPUNGE that could come between. */
  async learn(uids: string): Promise<void> {
    await this.run([{ text: `UID FETCH ${uids} (${this.kind === 'plain' ? 'UID FLAGS' : 'UID FLAGS MODSEQ'})` }])
  }

  /** Asks for whatever it does not know yet. */
  async learnNew(): Promise<void> {
    const { messages } = this.belief
    const unknown = messages.findIndex(({ uid, flags }) => uid === undefined || flags === undefined)
    const known = unknown === -1 ? messages.at(-1) : messages[unknown - 1]
    await this.learn(`${(known?.uid ?? 0) + 1}:*`)
  }

  /** Commands that are sent at once; each has to be answered with OK, or with NO because messages are gone. */
  async run(commands: readonly Command[]): Promise<Answer[]> {
    this.commands += commands.length
    const { belief } = this
    return this.#open.run(
      commands,
      (response, name) => belief.take(response, name),
      ({ status, code, text }) => {
        assert.ok(status === 'OK' || code === 'EXPUNGEISSUED', text)
        belief.answered(code.startsWith('HIGHESTMODSEQ ') ? Number(code.split(' ')[1]) : undefined)
      },
    )
  }

  async idle(ms: number): Promise<void> {
    this.commands++
    await this.#open.idle(ms, (response) => this.belief.take(response, 'IDLE'))
    this.belief.answered(undefined)
  }

  /**
   * Runs something that may remove messages, so that it can be the cause when they are gone. What it removes it says, but `unsaid` of those that the client
   * has not been told of, or of all.
   */
  async removing<T>(run: () => Promise<T>, unsaid: 'none' | 'unknown' | 'all' = 'none'): Promise<T> {
    const { truth } = this
    const removal = { begun: this.world.tick() }
    truth.removals.add(removal)
    const complete = unsaid !== 'all' && this.belief.messages.every(({ uid }) => uid !== undefined)
    const known = this.belief.messages.at(-1)?.uid
    const result = await run()
    truth.removals.delete(removal)
    if (!complete) truth.quietlyRemoved(removal.begun)
    else if (unsaid === 'unknown') truth.quietlyRemoved(removal.begun, known)
    return result
  }

  /** Forgets the mailbox, or keeps it for later, as a client that goes offline. */
  leave(): void {
    const mailbox = this.truth.mailbox
    const cache = this.belief.keep()
    if (cache === undefined) this.#caches.delete(mailbox)
    else this.#caches.set(mailbox, cache)
  }

  /** Sends commands, reads some of the responses, and connects anew. */
  async cut(commands: readonly string[], read: number): Promise<void> {
    this.reconnects++
    await this.#open.cut(commands, read, (response, name) => this.belief.take(response, name))
    this.leave()
    await this.connect()
  }

  /** Ends the connection. */
  drop(): void {
    this.#line?.drop()
  }

  async logOut(): Promise<void> {
    this.leave()
    await this.#open.run([{ text: 'LOGOUT' }], () => {})
    await this.#open.cut([], 0, () => {})
  }
}
