/** The users of a small organisation, all at once, in a process of their own: mail programs that wait, that read, that fetch, and mail that comes. */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { performance } from 'node:perf_hooks'
import { connect as connectTls } from 'node:tls'
import { seeded, type Random } from '@mailstead/testkit'
import { SmtpClient } from '../../../bench/clients.ts'
import { Client } from '../../../packages/imap/test/client.ts'
import { Pop3Client } from '../../../packages/pop3/test/client.ts'

export interface UsersOptions {
  readonly seed: number
  readonly ports: { readonly smtp: number; readonly imap: number; readonly imaps: number; readonly pop3: number }
  readonly users: readonly string[]
  readonly password: string
  readonly caFile: string
  /** Sessions of each kind. */
  readonly counts: Readonly<Record<Kind, number>>
}

export type Kind = 'waiting' | 'reading' | 'fetching' | 'sending'

export interface UsersReport {
  /** ms that each act took, by what it was. */
  readonly times: Readonly<Record<string, readonly number[]>>
  readonly failures: readonly string[]
}

/** ms between two messages to a mailbox of one who waits, at the least: what an IDLE that was ended and begun again stands for. */
const IDLE_TIME = 60_000
/** ms in which all sessions begin. */
const RAMP = 15_000
/** Messages of INBOX that a reader leaves there. */
const KEPT = 300

const { seed, ports, users, password, caFile, counts } = JSON.parse(process.argv[2] ?? '{}') as UsersOptions
const authority = readFileSync(caFile)
const report = { times: {} as Record<string, number[]>, failures: [] as string[] }
const run = { goesOn: true }
process.once('disconnect', () => process.exit())
process.once('message', () => {
  run.goesOn = false
})

const kinds: Readonly<Record<Kind, (user: string, random: Random) => Promise<void>>> = { waiting, reading, fetching, sending }
const all = Object.entries(counts).flatMap(([kind, count]) => Array.from({ length: count }, (_, n) => begin(kind as Kind, n)))
await Promise.all(all)
process.send?.(report satisfies UsersReport, () => process.disconnect())

async function begin(kind: Kind, n: number): Promise<void> {
  const random = seeded(seed * 10_000 + n * 10 + kind.length)
  await sleep(random.int(RAMP))
  try {
    await kinds[kind](users[n % users.length] ?? '', random)
  } catch (error) {
    report.failures.push(`${kind}: ${error instanceof Error ? error.message : String(error)}`)
  }
}

async function timed<Result>(what: string, act: () => Promise<Result>): Promise<Result> {
  const start = performance.now()
  const result = await act()
  ;(report.times[what] ??= []).push(performance.now() - start)
  return result
}

async function pause(random: Random, least: number, more: number): Promise<void> {
  for (let left = least + random.int(more); left > 0 && run.goesOn; left -= 1000) await sleep(Math.min(left, 1000))
}

async function imap(user: string, encrypted: boolean): Promise<{ readonly client: Client; readonly socket: Socket }> {
  const socket = encrypted
    ? connectTls({ port: ports.imaps, host: '127.0.0.1', ca: authority, servername: 'localhost' })
    : connect(ports.imap, '127.0.0.1')
  await once(socket, encrypted ? 'secureConnect' : 'connect')
  const client = new Client(socket)
  await client.response()
  await client.ok(`LOGIN ${user} ${password}`)
  return { client, socket }
}

/** A mail program in the background: IDLE, and a look at what has come. */
async function waiting(user: string, random: Random): Promise<void> {
  const { client, socket } = await imap(user, true)
  await client.ok('SELECT INBOX')
  while (run.goesOn) {
    client.send('i IDLE\r\n')
    await client.response()
    await pause(random, IDLE_TIME / 2, IDLE_TIME / 2)
    client.send('DONE\r\n')
    const told = await client.until('i')
    if (told.some((line) => line.endsWith(' EXISTS'))) await timed('headers of what came', () => client.ok('UID FETCH * (FLAGS ENVELOPE)'))
  }
  socket.destroy()
}

/** A phone, or another program of the same user, may take the oldest away meanwhile, and the client is told so: RFC 5530 section 3. */
async function move(client: Client, messages: string): Promise<void> {
  const answer = (await client.command(`MOVE ${messages} Trash`)).at(-1) ?? ''
  if (!/^\S+ (OK|NO \[EXPUNGEISSUED\]) /.test(answer)) throw new Error(`MOVE ${messages} Trash: ${answer}`)
}

/** Somebody who works with his mail. */
async function reading(user: string, random: Random): Promise<void> {
  const { client, socket } = await imap(user, random.chance(0.5))
  while (run.goesOn) {
    await pause(random, 1000, 4000)
    const selected = await timed('SELECT', () => client.ok('SELECT INBOX'))
    const exists = Number(/^\* (\d+) EXISTS/m.exec(selected.join('\n'))?.[1])
    if (exists === 0) continue
    const from = Math.max(1, exists - 20)
    await timed('headers of twenty', () => client.ok(`FETCH ${from}:* (UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[HEADER])`))
    await timed('a message', () => client.ok('FETCH * BODY[]'))
    await timed('STORE', () => client.ok(`STORE ${from}:* +FLAGS ($Label${1 + random.int(5)})`))
    await timed('NOOP', () => client.ok('NOOP'))
    const key = random.pick(['SUBJECT letter', 'BODY moon', 'UNSEEN', 'TEXT nothing-like-it'])
    if (random.chance(0.3)) await timed('SEARCH', () => client.ok(`SEARCH ${key}`))
    if (random.chance(0.1)) await timed('SORT', () => client.ok('SORT (DATE) UTF-8 ALL'))
    if (random.chance(0.1)) await timed('THREAD', () => client.ok('THREAD REFERENCES UTF-8 ALL'))
    if (random.chance(0.3)) await timed('STATUS', () => client.ok('STATUS Sent (MESSAGES UNSEEN)'))
    if (exists > KEPT) await timed('MOVE', () => move(client, `1:${exists - KEPT}`))
    if (random.chance(0.02)) {
      await client.ok('SELECT Trash')
      await timed('EXPUNGE', () => client.command('STORE 1:* +FLAGS.SILENT (\\Deleted)').then(() => client.ok('EXPUNGE')))
    }
  }
  socket.destroy()
}

/** A phone that comes by POP3 and takes the oldest away. */
async function fetching(user: string, random: Random): Promise<void> {
  while (run.goesOn) {
    await pause(random, 5000, 20_000)
    const socket = connect(ports.pop3, '127.0.0.1')
    await once(socket, 'connect')
    const client = new Pop3Client(socket)
    await client.line()
    await client.ask(`USER ${user}`)
    const login = await client.ask(`PASS ${password}`)
    // Another phone of the same user is there: RFC 1939 section 4.
    if (login.includes('[IN-USE]')) {
      socket.destroy()
      continue
    }
    const count = Number((await client.ask('STAT')).split(' ')[1])
    for (let n = 1; n <= Math.min(5, count); n++) {
      await timed('RETR', async () => {
        const answer = await client.ask(`RETR ${n}`)
        if (!answer.startsWith('+OK')) throw new Error(`RETR: ${answer}`)
        return client.content()
      })
      await client.ask(`DELE ${n}`)
    }
    await timed('QUIT', () => client.ask('QUIT'))
    socket.destroy()
  }
}

/** Mail from elsewhere. */
async function sending(_: string, random: Random): Promise<void> {
  while (run.goesOn) {
    await pause(random, 500, 1500)
    const smtp = await SmtpClient.open(ports.smtp)
    const line = 'The moon was full when this letter was written.\r\n'
    const text = `Subject: letter ${random.int(1e6)}\r\nMessage-ID: <${random.int(2 ** 48)}@else.test>\r\n\r\n${line.repeat(1 + random.int(400))}`
    const reply = await timed('delivery', () => smtp.deliver('friend@else.test', [random.pick(users)], text))
    if (!reply.startsWith('250')) throw new Error(reply)
    smtp.close()
  }
}
