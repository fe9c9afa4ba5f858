import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { test } from 'node:test'
import { connect as connectTls } from 'node:tls'
import type { MailRequests, Role } from '@mailstead/smtp'
import { openTls } from '@mailstead/net'
import { tempDir } from '@mailstead/testkit'
import { COMMANDS } from '../src/commands/table.ts'
import { HOST, type Port, site } from './fixture.ts'

/** By role: what each command (a row) is answered with in each state (a column). `-`: nothing. */
const TABLES = new URL('../../../test/smtp/states/', import.meta.url)
const PLAIN = `AUTH PLAIN ${Buffer.from('\0ann@example.org\0secret').toString('base64')}`

/** One message waits for example.org. */
const REQUESTS: MailRequests = {
  start: async (_domain, _below, account) => ({ kind: 'started', ...(account === undefined ? {} : { pending: 1 }) }),
  fetch: async () => ({ kind: 'nothing' }),
}

/** Lines that lead to a state; `TLS` is STARTTLS with its handshake, `DRAIN` a server that is told to stop. */
const STATES: Readonly<Record<Role, Readonly<Record<string, readonly string[]>>>> = {
  mx: states('EHLO', [], {
    HELO: ['HELO far.example'],
    STARTTLS: ['EHLO far.example', 'TLS'],
    'EHLO again': ['EHLO far.example', 'TLS', 'EHLO far.example'],
  }),
  submission: states('EHLO', ['EHLO far.example', 'TLS', 'EHLO far.example', PLAIN], {
    STARTTLS: ['EHLO far.example', 'TLS'],
    'EHLO again': ['EHLO far.example', 'TLS', 'EHLO far.example'],
    AUTH: ['EHLO far.example', 'TLS', 'EHLO far.example', PLAIN],
  }),
  lmtp: states('LHLO', [], {}),
  odmr: {
    '': [],
    EHLO: ['EHLO far.example'],
    STARTTLS: ['EHLO far.example', 'TLS'],
    'EHLO again': ['EHLO far.example', 'TLS', 'EHLO far.example'],
    AUTH: ['EHLO far.example', 'TLS', 'EHLO far.example', PLAIN],
  },
}

function states(hello: string, before: readonly string[], more: Record<string, string[]>): Record<string, readonly string[]> {
  const mail = [...(before.length > 0 ? before : [`${hello} far.example`]), 'MAIL FROM:<ann@example.org>']
  const rcpt = [...mail, 'RCPT TO:<ann@example.org>']
  return {
    '': [],
    [hello]: [`${hello} far.example`],
    ...more,
    MAIL: mail,
    RCPT: rcpt,
    BDAT: [...rcpt, 'BDAT 3\r\nx'],
    draining: [...rcpt, 'DRAIN'],
  }
}

const ROLES = Object.keys(STATES) as Role[]

/** What a row's name stands for. */
const LINES: Readonly<Record<string, string>> = {
  HELO: 'HELO far.example',
  EHLO: 'EHLO far.example',
  'EHLO bare': 'EHLO',
  LHLO: 'LHLO far.example',
  MAIL: 'MAIL FROM:<ann@example.org>',
  'MAIL bare': 'MAIL',
  RCPT: 'RCPT TO:<ann@example.org>',
  'RCPT unknown': 'RCPT TO:<nobody@example.org>',
  'RCPT elsewhere': 'RCPT TO:<a@far.example>',
  'RCPT bare': 'RCPT',
  'DATA x': 'DATA x',
  BDAT: 'BDAT 3\r\nx',
  'BDAT LAST': 'BDAT 0 LAST',
  'BDAT bare': 'BDAT',
  'RSET x': 'RSET x',
  'QUIT x': 'QUIT x',
  VRFY: 'VRFY ann',
  EXPN: 'EXPN sales',
  AUTH: PLAIN,
  'AUTH bare': 'AUTH',
  'STARTTLS x': 'STARTTLS x',
  SEND: 'SEND FROM:<ann@example.org>',
  SOML: 'SOML FROM:<ann@example.org>',
  SAML: 'SAML FROM:<ann@example.org>',
  ETRN: 'ETRN example.org',
  'ETRN bare': 'ETRN',
  'ETRN queue': 'ETRN #uucp',
  ATRN: 'ATRN example.org,example.com',
  'ATRN all': 'ATRN',
  'ATRN bad': 'ATRN example.org,',
  XCLIENT: 'XCLIENT NAME=far.example',
  empty: '',
}

/** `command | answer in the first state | …` */
function read(role: Role): { readonly columns: readonly string[]; readonly rows: readonly (readonly string[])[] } {
  const lines = readFileSync(new URL(`${role}.txt`, TABLES), 'utf8').split('\n')
  const [columns = [], ...rows] = lines.filter((line) => line.includes('|')).map((line) => line.split('|').map((cell) => cell.trim()))
  return { columns: columns.slice(1).map((name) => (name === 'nothing' ? '' : name)), rows }
}

test('every command has a row', () => {
  for (const role of ROLES) {
    const verbs = new Set(read(role).rows.map(([name = '']) => name.split(' ')[0]))
    assert.deepEqual(
      [...COMMANDS.keys()].filter((verb) => !verbs.has(verb)),
      [],
      role,
    )
  }
})

test('every command in every state', async (t) => {
  const s = await site(t)
  const tls = await openTls({ dir: await tempDir(t), hostName: HOST, log: s.log, clock: s.clock })
  t.after(() => tls.close())
  const ca = readFileSync(tls.describe().caFile ?? '')
  for (const role of ROLES) {
    const { columns, rows } = read(role)
    assert.deepEqual(columns, Object.keys(STATES[role]), `the states of ${role}`)
    for (const state of columns) {
      await t.test(`${role}: ${state === '' ? 'before EHLO' : state}`, async (t) => {
        const port = await s.serve(role, { tls, scope: t, requests: REQUESTS })
        const lines = STATES[role][state] ?? []
        const cells = await Promise.all(rows.map(() => reach(port, lines, ca)))
        if (lines.at(-1) === 'DRAIN') void port.service.drain(1000)
        const answers = await Promise.all(cells.map((socket, row) => answer(socket, LINES[rows[row]?.[0] ?? ''] ?? rows[row]?.[0] ?? '')))
        assert.deepEqual(
          Object.fromEntries(rows.map(([name = ''], row) => [name, answers[row]])),
          Object.fromEntries(rows.map(([name = '', ...wanted]) => [name, wanted[columns.indexOf(state)]])),
        )
      })
    }
  }
})

/** A connection in the state. */
async function reach(port: Port, lines: readonly string[], ca: Buffer): Promise<Socket> {
  let socket: Socket = connect({ port: port.port, host: '127.0.0.1' })
  socket.on('error', () => {})
  await reply(socket)
  for (const line of lines) {
    if (line === 'DRAIN') break
    socket.write(`${line === 'TLS' ? 'STARTTLS' : line}\r\n`)
    const said = await reply(socket)
    assert.match(said, /^2/, line)
    if (line !== 'TLS') continue
    socket = connectTls({ socket, ca, servername: HOST })
    await once(socket, 'secureConnect')
  }
  return socket
}

/** The next reply, its last line. */
async function reply(socket: Socket): Promise<string> {
  let said = ''
  while (!/^\d{3}(?: .*)?\r\n$/m.test(said)) said += String((await once(socket, 'data'))[0])
  return said.trimEnd().split('\r\n').at(-1) ?? ''
}

/** Codes of everything that is said to a line, until the server waits for more than a command. */
async function answer(socket: Socket, line: string): Promise<string> {
  let said = ''
  socket.on('data', (chunk: Buffer) => {
    said += chunk.toString()
    if (/^(?:354|334|220) /m.test(said)) socket.destroy()
  })
  socket.write(`${line}\r\nQUIT\r\n`)
  if (!socket.closed) await once(socket, 'close')
  const replies = said
    .split('\r\n')
    .flatMap((one) => /^(\d{3})(?!-) ?(\d\.\d+\.\d+)?/.exec(one)?.slice(1, 3).filter(Boolean).join(' ') ?? [])
  if (line !== 'QUIT' && replies.at(-1) === '221 2.0.0') replies.pop()
  return replies.length === 0 ? '-' : replies.join(', ')
}
