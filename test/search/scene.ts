import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import type { TestContext } from 'node:test'
import { silentLogger } from '@mailstead/base'
import { loadConfig } from '@mailstead/config'
import { compose, type MailServer } from '@mailstead/server'
import { tempDir, type Random } from '@mailstead/testkit'
import { connect } from 'node:net'
import { MONTHS, type Known } from './known.ts'
import { randomQuery, type Query } from './queries.ts'
import { read } from './reference/message.ts'

const MESSAGES_A_COMMAND = 50

/** A client that knows APPEND, FETCH of numbers and SEARCH, in a server of its own; text is an octet a character. */
export class SearchScene {
  readonly known: Known[] = []
  readonly #server: MailServer
  readonly #socket: Socket
  #buffer = ''
  #tag = 0

  constructor(server: MailServer, socket: Socket) {
    this.#server = server
    this.#socket = socket
    socket.setEncoding('latin1')
  }

  static async open(t: Pick<TestContext, 'after'>): Promise<SearchScene> {
    const overrides = {
      data_dir: { value: await tempDir(t), option: 'test' },
      port_base: { value: 10_000, option: 'test' },
      'auth.plaintext': { value: 'loopback', option: 'test' },
    }
    const server = await compose(loadConfig({ overrides }).config, { anyPort: true, log: silentLogger })
    t.after(() => server.stop())
    await server.admin.accounts.addDomain('example.test')
    await server.admin.accounts.add({ address: 'ann@example.test', password: 'secret', quota: undefined })
    await server.start()
    const port = server.facts().listeners.find(({ role }) => role === 'imap')?.port ?? 0
    const socket = connect(port, '127.0.0.1')
    await once(socket, 'connect')
    t.after(() => socket.destroy())
    const scene = new SearchScene(server, socket)
    await scene.#line()
    await scene.command('LOGIN ann@example.test secret')
    await scene.command('SELECT INBOX')
    return scene
  }

  /** Appends the messages with random flags and dates; the reference reads them too. */
  async append(random: Random, messages: readonly Buffer[]): Promise<void> {
    const dates: Known['internalDate'][] = []
    // Some at a time (MULTIAPPEND): a commit each would wait for the disk.
    for (let from = 0; from < messages.length; from += MESSAGES_A_COMMAND) {
      const appended = messages.slice(from, from + MESSAGES_A_COMMAND).map((octets) => {
        const zone = random.pick([0, -660, 60, 780])
        const at = Date.UTC(2024, random.int(18), 1 + random.int(28), random.int(24), random.int(60), random.int(60))
        dates.push({ at, zone })
        const flags = ['\\Seen', '\\Flagged', '\\Answered', '\\Deleted', '\\Draft', '$work', '$Forwarded'].filter(() => random.chance(0.3))
        return ` (${flags.join(' ')}) "${dateTime(at, zone)}" {${octets.length}+}\r\n${octets.toString('latin1')}`
      })
      await this.command(`APPEND INBOX${appended.join('')}`)
    }
    const first = this.known.length + 1
    const lines = await this.command(`FETCH ${first}:* (UID FLAGS RFC822.SIZE SAVEDATE EMAILID THREADID MODSEQ)`)
    const rows = lines.filter((line) => / FETCH \(UID /.test(line))
    assert.equal(rows.length, messages.length)
    for (const [index, row] of rows.entries()) {
      const item = (pattern: RegExp): string => pattern.exec(row)?.[1] ?? assert.fail(row)
      this.known.push({
        uid: Number(item(/UID (\d+)/)),
        number: first + index,
        size: messages[index]?.length ?? 0,
        read: read(messages[index] ?? Buffer.alloc(0)),
        flags: new Set(
          item(/FLAGS \(([^)]*)\)/)
            .toLowerCase()
            .split(' '),
        ),
        internalDate: dates[index] ?? { at: 0, zone: 0 },
        savedAt: Date.parse(item(/SAVEDATE "([^"]+)"/)),
        emailId: item(/EMAILID \(([^)]+)\)/),
        threadId: item(/THREADID \(([^)]+)\)/),
        modSeq: Number(item(/MODSEQ \((\d+)\)/)),
      })
    }
  }

  /** All messages are in the search index. */
  async indexed(): Promise<void> {
    const { maintenance } = this.#server.admin
    if ((await maintenance.status()).unindexed > 0) await maintenance.reindex()
  }

  /** Asks the server and the reference. */
  async compare(query: Query): Promise<number> {
    const lines = await this.command(`UID SEARCH CHARSET UTF-8 ${query.text}`)
    const answer = lines.find((line) => line.startsWith('* SEARCH')) ?? ''
    const found = (answer.replace(/ \(MODSEQ.*/, '').match(/\d+/g) ?? []).map(Number)
    const expected = this.known.filter((message) => query.holds(message)).map(({ uid }) => uid)
    assert.deepEqual(found, expected, JSON.stringify(Buffer.from(query.text, 'latin1').toString()))
    return found.length
  }

  async compareRandom(random: Random, queries: number): Promise<number> {
    let found = 0
    for (let count = 0; count < queries; count++) found += (await this.compare(randomQuery(random, this.known))) > 0 ? 1 : 0
    return found
  }

  /** All that is said until the command's OK. */
  async command(text: string): Promise<string[]> {
    const tag = `t${++this.#tag}`
    this.#socket.write(`${tag} ${text}\r\n`, 'latin1')
    const lines: string[] = []
    for (;;) {
      const line = await this.#line()
      if (line.startsWith(`${tag} `)) {
        assert.match(line, /^\S+ OK/, text.slice(0, 200))
        return lines
      }
      lines.push(line)
    }
  }

  async #line(): Promise<string> {
    for (let from = 0; ;) {
      const end = this.#buffer.indexOf('\r\n', from)
      if (end !== -1) {
        const line = this.#buffer.slice(0, end)
        this.#buffer = this.#buffer.slice(end + 2)
        return line
      }
      from = Math.max(0, this.#buffer.length - 1)
      const [data] = (await once(this.#socket, 'data', { signal: AbortSignal.timeout(60_000) })) as [string]
      this.#buffer += data
    }
  }
}

/** date-time of RFC 9051. */
function dateTime(at: number, zone: number): string {
  const local = new Date(at + zone * 60_000)
  const pad = (value: number): string => String(value).padStart(2, '0')
  const minutes = Math.abs(zone)
  const day = `${pad(local.getUTCDate())}-${MONTHS[local.getUTCMonth()]}-${local.getUTCFullYear()}`
  return `${day} ${local.toISOString().slice(11, 19)} ${zone < 0 ? '-' : '+'}${pad(Math.floor(minutes / 60))}${pad(minutes % 60)}`
}
