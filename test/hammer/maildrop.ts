import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { seeded } from '@mailstead/testkit'
import { Pop3Client } from '../../packages/pop3/test/client.ts'
import type { World } from '../../packages/imap/test/hammer/world.ts'

export interface MaildropOptions {
  readonly port: number
  readonly user: string
  readonly password: string
  readonly mailbox: string
  readonly seed: number
}

/** What POP3 clients together know of unique-ids. */
export interface Ids {
  /** The text by its id. */
  readonly texts: Map<string, string>
  readonly removed: Set<string>
}

/** Opens the maildrop again and again, reads and removes some, and leaves by QUIT or without a word. */
export async function maildrop(world: World, goesOn: () => boolean, ids: Ids, options: MaildropOptions): Promise<void> {
  const random = seeded(options.seed)
  while (goesOn()) {
    const socket = connect(options.port, '127.0.0.1')
    await once(socket, 'connect')
    const client = new Pop3Client(socket)
    await client.line()
    await client.ask(`USER ${options.user}`)
    const begun = world.tick()
    const login = await client.ask(`PASS ${options.password}`)
    if (login.startsWith('-ERR [IN-USE]')) {
      socket.destroy()
      await wait(random.int(50))
      continue
    }
    assert.match(login, /^\+OK/)
    const session = new Session(world, client, ids, options.mailbox)
    const count = await session.open(begun)
    const removed: string[] = []
    for (let acts = count === 0 ? 0 : random.int(10); acts > 0; acts--) {
      const number = 1 + random.int(count)
      if (session.isRemoved(number)) continue
      const name = await session.read(number)
      if (!random.chance(0.3)) continue
      world.mayRemove(name)
      removed.push(await session.remove(number))
    }
    await wait(random.int(50))
    if (random.chance(0.3)) {
      // RFC 1939 section 6: without QUIT nothing is removed.
      socket.destroy()
      continue
    }
    await session.quit(removed)
  }
}

class Session {
  readonly #world: World
  readonly #client: Pop3Client
  readonly #ids: Ids
  readonly #mailbox: string
  #uidls: string[] = []
  #sizes: number[] = []
  readonly #removed = new Set<number>()

  constructor(world: World, client: Pop3Client, ids: Ids, mailbox: string) {
    this.#world = world
    this.#client = client
    this.#ids = ids
    this.#mailbox = mailbox
  }

  isRemoved(number: number): boolean {
    return this.#removed.has(number)
  }

  /** What STAT, LIST and UIDL say agrees, whatever others are doing. Resolves to the number of messages. */
  async open(begun: number): Promise<number> {
    this.#uidls = await this.#list('UIDL', (value) => value)
    this.#sizes = await this.#list('LIST', Number)
    const [, count, octets] = /^\+OK (\d+) (\d+)/.exec(await this.#client.ask('STAT')) ?? []
    assert.equal(this.#sizes.length, this.#uidls.length, 'LIST and UIDL do not agree')
    assert.equal(Number(count), this.#sizes.length, 'STAT and LIST do not agree')
    assert.equal(
      Number(octets),
      this.#sizes.reduce((sum, size) => sum + size, 0),
      'STAT and LIST do not agree on octets',
    )
    assert.equal(new Set(this.#uidls).size, this.#uidls.length, 'UIDL gives an id twice')
    for (const uidl of this.#uidls) assert.ok(!this.#ids.removed.has(uidl), `${uidl} was removed, but is back`)
    const answered = this.#world.tick()
    this.#world.mailbox(this.#mailbox).counted.push({ client: 'pop3', begun, answered, items: new Map([['MESSAGES', Number(count)]]) })
    return Number(count)
  }

  /** The name of the text. */
  async read(number: number): Promise<string> {
    assert.match(await this.#client.ask(`RETR ${number}`), /^\+OK/)
    const body = `${(await this.#client.content()).toString('latin1')}\r\n`
    const uidl = this.#uidls[number - 1] ?? ''
    assert.equal(body.length, this.#sizes[number - 1], `RETR ${number} has other octets than LIST says`)
    const name = this.#world.nameOf(body, `POP3 ${uidl}`)
    assert.equal(this.#ids.texts.get(uidl) ?? name, name, `${uidl} stands for another message`)
    this.#ids.texts.set(uidl, name)
    return name
  }

  /** The id that is marked. */
  async remove(number: number): Promise<string> {
    assert.match(await this.#client.ask(`DELE ${number}`), /^\+OK/)
    this.#removed.add(number)
    const [, count] = /^\+OK (\d+) /.exec(await this.#client.ask('STAT')) ?? []
    assert.equal(Number(count), this.#sizes.length - this.#removed.size, 'STAT counts what is marked')
    return this.#uidls[number - 1] ?? ''
  }

  async quit(removed: readonly string[]): Promise<void> {
    const truth = this.#world.mailbox(this.#mailbox)
    const { removals } = truth
    const removal = { begun: this.#world.tick() }
    if (removed.length > 0) removals.add(removal)
    assert.match(await this.#client.ask('QUIT'), /^\+OK/)
    for (const uidl of removed) this.#ids.removed.add(uidl)
    removals.delete(removal)
    if (removed.length > 0) truth.quietlyRemoved(removal.begun)
    this.#client.socket.destroy()
  }

  async #list<T>(command: string, of: (value: string) => T): Promise<T[]> {
    assert.match(await this.#client.ask(command), /^\+OK/)
    const lines = (await this.#client.content())
      .toString('latin1')
      .split('\r\n')
      .filter((line) => line !== '')
    return lines.map((line, index) => {
      const [number, value = ''] = line.split(' ')
      assert.equal(Number(number), index + 1, `${command}: ${line}`)
      return of(value)
    })
  }
}
