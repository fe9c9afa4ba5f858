/** What was sent comes back octet for octet behind the lines that we prepend, whichever way it is fetched. */
import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { test } from 'node:test'
import { withSeed, type Random } from '@mailstead/testkit'
import { DOMAIN, PASSWORD, site, type Site } from './site.ts'

const HEADER = 'From: <x@else.test>\r\nSubject: identity\r\n\r\n'

const MESSAGES: Record<string, string> = {
  'no body': 'Subject: only a header\r\n',
  'no header': '\r\nbody\r\n',
  'eight bits': `${HEADER}Grüße, привет, 日本\r\n`,
  'octets that are no text': `${HEADER}${Buffer.from([0x80, 0xff, 0xfe, 0xc0, 0x01, 0x7f]).toString('latin1')}\r\n`,
  dots: `${HEADER}.\r\n..\r\n.x\r\n...\r\n. \r\n`,
  'a line of 998 octets': `${HEADER}${'x'.repeat(998)}\r\n.${'y'.repeat(997)}\r\n`,
  'blanks at the ends': `${HEADER} \t x \t \r\n\r\n\r\n \r\n`,
}

test('a message comes back by IMAP and POP3 as it went in', async (t) => {
  const { connect } = await site(t, ['ann'])
  await withSeed(async (random) => {
    const sent = [...Object.values(MESSAGES).map((text) => Buffer.from(text, /[^\x00-\xff]/.test(text) ? 'utf8' : 'latin1')), noise(random)]
    const smtp = new Talk(connect('mx'))
    await smtp.say('EHLO client.test', /^250 /m)
    for (const message of sent) {
      await smtp.say('MAIL FROM:<x@else.test> BODY=8BITMIME', /^250 /m)
      await smtp.say(`RCPT TO:<ann@${DOMAIN}>`, /^250 /m)
      await smtp.say('DATA', /^354 /m)
      const stuffed = Buffer.from(message.toString('latin1').replaceAll(/^\./gm, '..'), 'latin1')
      for (const piece of random.split(stuffed, 4000)) smtp.send(piece)
      await smtp.say('.', /^250 /m)
    }
    smtp.end()
    const imap = await byImap(connect, sent.length)
    const pop3 = await byPop3(connect, sent.length)
    for (const [index, message] of sent.entries()) {
      const [first, second] = [imap[index], pop3[index]]
      assert.ok(first !== undefined && second !== undefined)
      assert.ok(first.equals(second), `message ${index + 1} differs between IMAP and POP3`)
      const prepended = first.subarray(0, first.length - message.length).toString('latin1')
      assert.ok(first.subarray(first.length - message.length).equals(message), `message ${index + 1} is not what was sent`)
      assert.match(prepended, /^Return-Path: <x@else\.test>\r\n(?:[A-Z][A-Za-z-]+:.*\r\n(?:[ \t].*\r\n)*)+$/)
    }
  })
})

test('a message without a final line end is kept so by APPEND and ended by POP3', async (t) => {
  const { connect } = await site(t, ['ann'])
  const message = Buffer.from(`${HEADER}no line end\r\n.`)
  const imap = await login(connect)
  await imap.say(`a APPEND INBOX {${message.length}+}\r\n${message.toString('latin1')}`, /^a OK /m)
  imap.end()
  const [fetched] = await byImap(connect, 1)
  assert.deepEqual(fetched, message)
  const [retrieved] = await byPop3(connect, 1)
  assert.deepEqual(retrieved?.toString('latin1'), `${message.toString('latin1')}\r\n`)
})

/** Lines of chance without CR, LF and NUL, ended by CRLF. */
function noise(random: Random): Buffer {
  const lines = Array.from({ length: 3000 }, () => {
    const line = random.bytes(random.int(200)).map((octet) => (octet === 13 || octet === 10 || octet === 0 ? 46 : octet))
    return Buffer.concat([line, Buffer.from('\r\n')])
  })
  return Buffer.concat([Buffer.from(HEADER), ...lines])
}

async function login(connect: Site['connect']): Promise<Talk> {
  const imap = new Talk(connect('imap'))
  await imap.say(`l LOGIN ann@${DOMAIN} ${PASSWORD}`, /^l OK /m)
  return imap
}

async function byImap(connect: Site['connect'], count: number): Promise<Buffer[]> {
  const imap = await login(connect)
  await imap.say('s EXAMINE INBOX', /^s OK /m)
  const found: Buffer[] = []
  for (let n = 1; n <= count; n++) {
    const answer = await imap.say(`f${n} FETCH ${n} (RFC822.SIZE BODY.PEEK[])`, new RegExp(`^f${n} OK `, 'm'))
    const literal = /RFC822\.SIZE (\d+) BODY\[\] \{(\d+)\}\r\n/.exec(answer)
    assert.ok(literal !== null, answer.slice(0, 200))
    assert.equal(literal[1], literal[2])
    const start = literal.index + literal[0].length
    found.push(Buffer.from(answer.slice(start, start + Number(literal[2])), 'latin1'))
  }
  imap.end()
  return found
}

async function byPop3(connect: Site['connect'], count: number): Promise<Buffer[]> {
  const pop3 = new Talk(connect('pop3'))
  await pop3.say(`USER ann@${DOMAIN}`, /^\+OK.*\r\n\+OK.*\r\n/)
  await pop3.say(`PASS ${PASSWORD}`, /^\+OK.*\r\n/)
  const found: Buffer[] = []
  for (let n = 1; n <= count; n++) {
    const answer = await pop3.say(`RETR ${n}`, /\r\n\.\r\n$/)
    const lines = answer.slice(answer.indexOf('\r\n') + 2, -3).replaceAll(/^\.\./gm, '.')
    found.push(Buffer.from(lines, 'latin1'))
  }
  pop3.end()
  return found
}

/** Sends a line and takes everything up to the answer's end. */
class Talk {
  readonly #socket: Socket
  #text = ''
  #ended = false
  #wake: () => void = () => undefined

  constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', (chunk: Buffer) => {
      this.#text += chunk.toString('latin1')
      this.#wake()
    })
    socket.on('close', () => {
      this.#ended = true
      this.#wake()
    })
  }

  send(octets: Uint8Array): void {
    this.#socket.write(octets)
  }

  async say(line: string, until: RegExp): Promise<string> {
    this.#socket.write(Buffer.from(`${line}\r\n`, 'latin1'))
    while (!until.test(this.#text)) {
      if (this.#ended) throw new Error(`the connection ended after ${line}: ${this.#text}`)
      await new Promise<void>((resolve) => (this.#wake = resolve))
    }
    const answer = this.#text
    this.#text = ''
    return answer
  }

  end(): void {
    this.#socket.destroy()
  }
}
