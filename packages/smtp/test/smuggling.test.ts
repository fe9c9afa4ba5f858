/** Every mixture of line ends around a dot that some server has taken for the end of a message; test/smtp/smuggling.txt has the published ones in full. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { after, test } from 'node:test'
import { Networks } from '@mailstead/base'
import { type Port, site } from './fixture.ts'

const s = await site({ after })

const ENDS = [
  '\r\n',
  '\n',
  '\r',
  '\r\r\n',
  '\n\r',
  '\r\n\r',
  '\n\n',
  '\0\r\n',
  '\r\0\n',
  '\r\n\0',
  '\v',
  '\f',
  '\x1c',
  '\x85',
  '\r\n ',
  ' \r\n',
]

const EVIL = 'MAIL FROM:<evil@far.example>\r\nRCPT TO:<bob@example.org>\r\nDATA\r\nevil\r\n.\r\n'

/** `a . b` for all pairs but those that hold the true end. */
const MIXTURES = ENDS.flatMap((a) => ENDS.map((b) => `${a}.${b}`)).filter((mixture) => !mixture.includes('\r\n.\r\n'))

class Dialogue {
  readonly #socket: Socket
  #said = ''

  constructor(port: Port) {
    this.#socket = port.connect()
    this.#socket.on('data', (chunk: Buffer) => (this.#said += chunk.toString('latin1')))
  }

  send(text: string): void {
    this.#socket.write(Buffer.from(text, 'latin1'))
  }

  async codes(count: number): Promise<string[]> {
    const found = (): string[] => Array.from(this.#said.matchAll(/^(\d{3}) .*\r\n/gm), (match) => match[1] ?? '')
    while (found().length < count) await once(this.#socket, 'data', { signal: AbortSignal.timeout(20_000) })
    const codes = found()
    this.#said = ''
    return codes
  }

  end(): void {
    this.#socket.destroy()
  }
}

async function smuggle(port: Port, send: (text: string) => string): Promise<string[]> {
  const dialogue = new Dialogue(port)
  await dialogue.codes(1)
  dialogue.send('EHLO x\r\n')
  await dialogue.codes(1)
  const ends: string[] = []
  for (const mixture of MIXTURES) {
    const before = await s.count('ann')
    dialogue.send(
      `MAIL FROM:<a@far.example>\r\nRCPT TO:<ann@example.org>\r\n${send(`Subject: x\r\n\r\nhi${mixture}${EVIL.slice(0, -5)}`)}NOOP\r\n`,
    )
    const codes = await dialogue.codes(send('').startsWith('DATA') ? 5 : 4)
    const end = codes.at(-2) ?? ''
    const name = JSON.stringify(mixture)
    assert.equal(codes.at(-1), '250', `${name}: the command behind the message runs`)
    assert.equal((await s.count('ann')) - before, end === '250' ? 1 : 0, name)
    if (end === '250') assert.match((await s.newest('ann')).toString('latin1'), /MAIL FROM:<evil@far\.example>[^]*evil\r\n$/, name)
    ends.push(end)
  }
  dialogue.end()
  return ends
}

const limits = { errors: 100_000 }
const data = (text: string): string => `DATA\r\n${text}\r\n.\r\n`
const chunk = (text: string): string => `BDAT ${text.length + 2} LAST\r\n${text}\r\n`

test('no mixture of line ends around a dot ends a message, from strangers', async () => {
  const bob = await s.count('bob')
  const ends = await smuggle(await s.serve('mx', { limits }), data)
  const bare = MIXTURES.map((mixture) => /\r(?!\n)|(?<!\r)\n|\0/.test(mixture))
  assert.deepEqual(
    ends,
    bare.map((isBare) => (isBare ? '550' : '250')),
  )
  assert.equal(await s.count('bob'), bob)
})

test('nor from those whose line ends are put right', async () => {
  const bob = await s.count('bob')
  const ends = await smuggle(await s.serve('mx', { limits, trusted: new Networks(['127.0.0.1']) }), data)
  assert.deepEqual(new Set(ends), new Set(['250']))
  assert.equal(await s.count('bob'), bob)
})

test('nor in a chunk, where the true end does not either', async () => {
  const bob = await s.count('bob')
  const mx = await s.serve('mx', { limits })
  await smuggle(mx, chunk)
  const dialogue = new Dialogue(mx)
  dialogue.send(`EHLO x\r\nMAIL FROM:<a@far.example>\r\nRCPT TO:<ann@example.org>\r\n${chunk(`hi\r\n.\r\n${EVIL}`)}QUIT\r\n`)
  assert.deepEqual(await dialogue.codes(6), ['220', '250', '250', '250', '250', '221'])
  dialogue.end()
  assert.ok((await s.newest('ann')).toString('latin1').endsWith(`hi\r\n.\r\n${EVIL}\r\n`))
  assert.equal(await s.count('bob'), bob)
})
