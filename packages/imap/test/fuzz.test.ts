import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { withSeed, type Random } from '@mailstead/testkit'
import { logIn, type Client } from './client.ts'
import { deliver, openStore, startServer } from './support.ts'

/** MAILSTEAD_FUZZ=100000 for a long run. */
const LINES = Number(process.env['MAILSTEAD_FUZZ'] ?? 1500)
const FOLDER = join(import.meta.dirname, '../../../test/imap')
/** What may stand where something else stood. */
const PIECES = [
  ' ',
  '(',
  ')',
  '[',
  ']',
  '<',
  '>',
  '"',
  '\\',
  '{',
  '}',
  '{3}',
  '{3+}',
  '~{2}',
  '*',
  '%',
  '&',
  '&-',
  ':',
  ',',
  '1',
  '0',
  '4294967295',
  '1:*',
]
const MORE = [
  'NIL',
  'INBOX',
  '\0',
  '\x7f',
  '\xff',
  '.',
  'BODY',
  'BODY[]',
  'UID ',
  'NOT ',
  'RETURN ',
  'x'.repeat(300),
  '((((',
  '-',
  '+',
  '',
  '',
]

/** Commands without their tags, as the transcripts have them. */
function commands(): string[] {
  const lines = globSync('*.txt', { cwd: FOLDER }).flatMap((file) => readFileSync(join(FOLDER, file), 'latin1').split('\n'))
  const commands = lines.flatMap((line) => /^C\d*: \S+ ([A-Za-z].*)$/.exec(line)?.[1] ?? [])
  return commands.filter((command) => !/^(LOGIN|AUTHENTICATE|UNAUTHENTICATE|COMPRESS|STARTTLS|LOGOUT)/i.test(command))
}

function mangled(command: string, random: Random): string {
  let text = command
  for (let changes = random.int(4); changes > 0; changes--) {
    const at = random.int(text.length + 1)
    const cut = random.int(3) * random.int(4)
    text =
      text.slice(0, at) + (random.chance(0.8) ? random.pick([...PIECES, ...MORE]) : random.pick(text.split(' '))) + text.slice(at + cut)
  }
  return text.replaceAll(/[\r\n]/g, '')
}

/** Sends the line, and whatever it turns out to announce; resolves to the tagged response, or the untagged BAD. */
async function say(client: Client, tag: string, line: string): Promise<string> {
  const [, size = '', plus = ''] = /\{(\d{1,20})(\+?)\}$/.exec(line) ?? []
  client.send(`${tag} ${line}\r\n`)
  if (plus !== '') client.send(`${'y'.repeat(Number(size))}\r\n`)
  for (;;) {
    const response = await client.response()
    assert.ok(response !== undefined, `the connection ended after ${JSON.stringify(line)}`)
    if (response.startsWith(`${tag} `) || response.startsWith('* BAD ')) return response
    if (response.startsWith('+ ')) client.send(size === '' ? 'DONE\r\n' : `${'y'.repeat(Number(size))}\r\n`)
    else assert.ok(response.startsWith('* '), response)
  }
}

test('mangled commands are answered, each once, and nothing breaks', (t) =>
  withSeed(async (random) => {
    const server = await startServer(t, await openStore(t), { limits: { badCommands: Infinity, literals: 500, message: 2000 } })
    await deliver(server.mail, 'INBOX', 'one')
    await deliver(server.mail, 'INBOX', 'two')
    const client = await logIn(server)
    const seeds = commands().filter((command) => !/\{\d{5,}/.test(command))
    for (let number = 0; number < LINES; number++) {
      if (number % 10 === 0) await client.ok('SELECT INBOX')
      const line = mangled(random.pick(seeds), random)
      if (/\{\d{4,}\+?\}$/.test(line) || /^logout$/i.test(line)) continue
      const response = await say(client, `f${number}`, line)
      assert.doesNotMatch(response, /SERVERBUG/, JSON.stringify(line))
    }
    await client.ok('NOOP')
    const errors = server.log.events.filter(({ level }) => level === 'error')
    assert.deepEqual(errors, [])
  }))
