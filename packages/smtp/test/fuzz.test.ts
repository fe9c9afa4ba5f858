import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { after, test } from 'node:test'
import { type Random, withSeed } from '@mailstead/testkit'
import { type Port, site } from './fixture.ts'

const s = await site({ after })
const limits = { errors: 100_000, refusedRecipients: 10_000, loginAttempts: 10_000, messageSize: 200_000, messageLine: 5000 }
const ports: Record<string, Port> = {
  mx: await s.serve('mx', { limits }),
  submission: await s.serve('submission', { limits, plaintextFromLoopback: true }),
}

const login = Buffer.from('\0ann@example.org\0secret').toString('base64')

const SENT = 'RSET\r\nMAIL FROM:<ann@example.org>\r\nRCPT TO:<ann@example.org>\r\nDATA'

/** Lines that say something, from which odd ones are made. */
const LINES = [
  ...[SENT, login, `AUTH PLAIN ${login}`].flatMap((line) => [line, line, line]),
  ...'EHLO client.example|HELO x|EHLO|MAIL FROM:<a@far.example>|MAIL FROM:<> SIZE=100 BODY=8BITMIME|MAIL|DATA|RCPT TO:'.split('|'),
  ...'RCPT TO:<ann@example.org>|RCPT TO:<"bob"@example.org>|RCPT TO:<x@far.example>|RCPT TO:<postmaster>|RSET|NOOP'.split('|'),
  ...'VRFY ann|EXPN x|HELP|STARTTLS|WIZ|XCLIENT A=b|BDAT 0 LAST|BDAT 0|BDAT|| |QUIT now'.split('|'),
  ...'AUTH|AUTH PLAIN|AUTH LOGIN|*|=|AUTH PLAIN =|AUTH PLAIN !'.split('|'),
]

/** Octets that grammars stumble over. */
const ODD = '\0\r\n\t <>"\\@:.=+\x7f\x80\xc3\xff\xe9,[]'.split('')

/** Lines with their ends, one of them as a rule; every LF ends one. */
function lines(random: Random): string {
  let line = random.pick(LINES)
  if (random.chance(0.3)) {
    const at = random.int(line.length + 1)
    line = line.slice(0, at) + random.pick(ODD) + line.slice(at + random.int(2))
  }
  if (random.chance(0.05)) line += 'x'.repeat(random.pick([500, 2040, 2048, 12_288, 40_000]))
  if (random.chance(0.05)) line = random.bytes(1 + random.int(60)).toString('latin1')
  return `${line}\r\n`
}

/** The server's replies, one by one. */
class Client {
  readonly #socket: Socket
  readonly #random: Random
  #text = ''

  constructor(port: Port, random: Random) {
    this.#random = random
    this.#socket = port.connect()
    this.#socket.setNoDelay(true)
    this.#socket.on('data', (chunk: Buffer) => (this.#text += chunk.toString('latin1')))
    this.#socket.on('error', () => {})
  }

  /** In pieces, as a network might bring it. */
  async send(text: string): Promise<void> {
    for (const piece of this.#random.split(
      Buffer.from(text, 'latin1'),
      this.#random.pick([1, 7, 300, 70_000].slice(text.length > 500 ? 1 : 0)),
    )) {
      this.#socket.write(piece)
      if (this.#random.chance(0.05)) await new Promise(setImmediate)
    }
  }

  /** The code of the next reply. */
  async reply(): Promise<string> {
    for (;;) {
      const found = /^(?:\d{3}-[^\r\n]*\r\n)*(\d{3}) [^\r\n]*\r\n/.exec(this.#text)
      if (found !== null) {
        this.#text = this.#text.slice(found[0].length)
        return found[1] ?? ''
      }
      assert.match(this.#text, /^(?:\d{3}[- ][^\r\n]*\r?\n?)*\d{0,3}$/, 'what the server says is replies')
      await once(this.#socket, 'data', { signal: AbortSignal.timeout(20_000) })
    }
  }

  get unasked(): string {
    return this.#text
  }

  end(): void {
    this.#socket.destroy()
  }
}

/** A message and what the port must say to it. */
function message(random: Random): { readonly text: string; readonly sound: boolean } {
  let sound = true
  const body = Array.from({ length: random.int(40) }, () => {
    const octets = random.bytes(random.pick([0, 1, 2, 60, 998, 4990])).map((octet) => ([0, 10, 13].includes(octet) ? 0xe4 : octet))
    let line = `${'.'.repeat(random.pick([0, 0, 0, 1, 2, 3]))}${Buffer.from(octets).toString('latin1')}`
    if (random.chance(0.01)) {
      sound = false
      line += random.pick(['\rx', '\n', '\0', '\n.\nx', '\r.\rx', '\n.', '\r\r', 'x'.repeat(5001)])
    }
    return `${line}\r\n`
  })
  return { text: `Subject: x\r\n\r\n${body.join('')}`, sound }
}

const stuffed = (text: string): string => `${text.replaceAll('\r\n.', '\r\n..')}.\r\n`

/** The newest message of ann behind the lines that we put in front. */
async function stored(): Promise<string> {
  const text = (await s.newest('ann')).toString('latin1')
  return text.replace(/^Return-Path: .*\r\nDelivered-To: .*\r\nReceived: .*\r\n(?:\t.*\r\n)*/, '')
}

function noBugs(): void {
  assert.deepEqual(
    s.log.events.filter(({ level }) => level === 'error'),
    [],
  )
}

test('every line is answered once, whatever it holds and however it is cut (seeded)', async () => {
  await withSeed(async (random) => {
    for (let session = 0; session < 24; session++) {
      const client = new Client(ports[random.pick(['mx', 'submission'])] as Port, random)
      assert.equal(await client.reply(), '220')
      const said: string[] = []
      for (let i = 0; i < 60; i++) {
        const text = lines(random)
        said.push(text)
        await client.send(text)
        let code = ''
        for (const _ of text.matchAll(/\n/g)) code = await client.reply()
        if (code === '421' || code === '221') break
        if (code !== '354') continue
        await client.send(stuffed(message(random).text))
        assert.match(await client.reply(), /^(?:250|550|552)$/)
      }
      assert.equal(client.unasked, '', `answers that nobody asked for behind ${JSON.stringify(said.at(-1))}`)
      client.end()
    }
  })
  noBugs()
})

test('lines that come together are all answered, in their order (seeded)', async () => {
  await withSeed(async (random) => {
    for (let session = 0; session < 10; session++) {
      const client = new Client(ports['mx'] as Port, random)
      assert.equal(await client.reply(), '220')
      const asked = Array.from({ length: 200 }, () =>
        random.pick(['NOOP', 'EHLO x', 'VRFY x', 'WIZ', 'RSET', 'RCPT TO:<ann@example.org>', 'NOOP \0']),
      )
      await client.send(asked.map((line) => `${line}\r\n`).join(''))
      let open = false
      for (const line of asked) {
        const code = await client.reply()
        if (line === 'EHLO x') open = true
        const expected = { NOOP: '250', 'EHLO x': '250', 'VRFY x': '252', WIZ: '500', RSET: '250', 'NOOP \0': '500' }[line] ?? '503'
        assert.equal(code, expected, `${line}, ${open ? 'greeted' : 'not greeted'}`)
      }
      assert.equal(client.unasked, '')
      client.end()
    }
  })
  noBugs()
})

test('a message is stored as it was sent, however it is cut, or refused and not stored (seeded)', async () => {
  await withSeed(async (random) => {
    for (let round = 0; round < 25; round++) {
      const before = await s.count('ann')
      const client = new Client(ports['mx'] as Port, random)
      const { text, sound } = message(random)
      const envelope = ['EHLO x', 'MAIL FROM:<a@far.example>', 'RCPT TO:<ann@example.org>', 'DATA'].map((line) => `${line}\r\n`).join('')
      // All at once, the command behind the message too.
      await client.send(`${envelope}${stuffed(text)}NOOP\r\n`)
      const codes: string[] = []
      for (let i = 0; i < 7; i++) codes.push(await client.reply())
      assert.deepEqual(codes, ['220', '250', '250', '250', '354', sound ? '250' : '550', '250'])
      assert.equal(await s.count('ann'), before + (sound ? 1 : 0))
      if (sound) assert.equal(await stored(), text)
      assert.equal(client.unasked, '')
      client.end()
    }
  })
  noBugs()
  assert.equal(s.reserved(), 0)
})

test('a message in chunks of any size is stored as it was sent, or refused and not stored (seeded)', async () => {
  await withSeed(async (random) => {
    for (let round = 0; round < 25; round++) {
      const before = await s.count('ann')
      const client = new Client(ports['mx'] as Port, random)
      const { text, sound } = message(random)
      const chunks = random.split(Buffer.from(text, 'latin1'), random.pick([7, 400, 90_000]))
      const envelope = ['EHLO x', 'MAIL FROM:<a@far.example>', 'RCPT TO:<ann@example.org>'].map((line) => `${line}\r\n`).join('')
      const sent = chunks.map((chunk) => `BDAT ${chunk.length}\r\n${Buffer.from(chunk).toString('latin1')}`).join('')
      await client.send(`${envelope}${sent}BDAT 0 LAST\r\nNOOP\r\n`)
      const codes: string[] = []
      for (let i = 0; i < chunks.length + 6; i++) codes.push(await client.reply())
      const answers = codes.slice(4, -1)
      assert.equal(codes.at(-1), '250')
      assert.equal(
        answers.find((code) => code !== '250'),
        sound ? undefined : '550',
        text,
      )
      assert.equal(await s.count('ann'), before + (sound ? 1 : 0))
      if (sound) assert.equal(await stored(), text)
      assert.equal(client.unasked, '')
      client.end()
    }
  })
  noBugs()
  assert.equal(s.reserved(), 0)
})
