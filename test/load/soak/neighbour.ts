/**
 * What one user does to another: a mailbox of a hundred thousand messages is fetched whole, again and again, and searched for words, while somebody else
 * asks NOOP; also with nothing of the database in the page cache and each read of it 10 ms slow.
 *
 *   npm run soak:neighbour -- [MESSAGES] [SECONDS]
 */
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from '../../../packages/imap/test/client.ts'
import { Disk, makeLibrary } from '../../crash/faults/disk.ts'
import { makeServer } from '../../interop/server.ts'
import { percentile } from '../figures.ts'

const [messages = 100_000, seconds = 20] = process.argv.slice(2).map(Number)
const PASSWORD = 'a-long-secret'
const [BUSY, QUIET] = ['busy@soak.test', 'quiet@soak.test'] as const
const READ_US = 10_000
/** ms between two questions, and the most that one may take (p99). */
const EVERY = 20
const MOST = 50
/** Messages of one APPEND. */
const AT_ONCE = 100

const dir = mkdtempSync(join(tmpdir(), 'neighbour-'))
const library = makeLibrary(dir)
const env: Record<string, string> = { MAILSTEAD_AUTH_PLAINTEXT: 'loopback', MAILSTEAD_LOG_LEVEL: 'error' }
const server = await makeServer('soak.test', { [BUSY]: PASSWORD, [QUIET]: PASSWORD }, 'none', env)
const disk = library === undefined ? undefined : new Disk(dir, server.dir, library)
Object.assign(env, disk?.env)
await server.start()
let good = true
try {
  await fill()
  good = await question('as it is', 'nobody', async () => {})
  for (const [what, act] of [
    ['a fetch of all', 'UID FETCH 1:* (FLAGS ENVELOPE RFC822.SIZE)'],
    ['all headers', 'UID FETCH 1:* (BODY.PEEK[HEADER])'],
    ['a search of all texts', 'SEARCH BODY "no such words" SUBJECT letter'],
    ['a sort and a thread', 'SORT (SUBJECT) UTF-8 ALL'],
  ] as const) {
    good = (await question('as it is', what, (over) => keepBusy(act, over))) && good
    if (disk === undefined) continue
    disk.set({ readUs: READ_US })
    spawnSync('sh', [
      '-c',
      `sync; for f in ${server.dir}/mail.db* ${server.dir}/search.index*; do dd if="$f" iflag=nocache count=0 status=none; done`,
    ])
    good = (await question('read slowly', what, (over) => keepBusy(act, over))) && good
    disk.set({})
  }
} finally {
  await server.kill()
  server.remove()
  rmSync(dir, { recursive: true })
}
if (disk === undefined) console.log('skipped: slow reads, as there is no C compiler (cc) to make the shim')
process.exit(good ? 0 : 1)

async function login(user: string): Promise<Client> {
  const socket = connect(server.ports.imap, '127.0.0.1')
  await once(socket, 'connect')
  socket.setNoDelay(true)
  const client = new Client(socket)
  await client.response()
  await client.ok(`LOGIN ${user} ${PASSWORD}`)
  return client
}

async function fill(): Promise<void> {
  const client = await login(BUSY)
  for (let from = 0; from < messages; from += AT_ONCE) {
    const literals = Array.from({ length: Math.min(AT_ONCE, messages - from) }, (_, n) => {
      const text = `From: a${n}@else.test\r\nSubject: letter ${from + n}\r\nMessage-ID: <${from + n}@else.test>\r\n\r\n${'Some words of a letter.\r\n'.repeat(20)}`
      return ` {${text.length}+}\r\n${text}`
    })
    await client.ok(`APPEND INBOX${literals.join('')}`)
  }
  console.log(`${messages} messages are there`)
}

async function keepBusy(command: string, over: () => boolean): Promise<void> {
  const client = await login(BUSY)
  await client.ok('SELECT INBOX')
  // What comes is thrown away, octets and all: it is the server that is to be busy.
  let end = Promise.withResolvers<void>()
  let tail = ''
  client.socket.removeAllListeners('data')
  client.socket.on('data', (octets: Buffer) => {
    tail = (tail + octets.subarray(-100).toString('latin1')).slice(-100)
    if (/^busy (OK|NO|BAD) .*\r\n$/m.test(tail)) end.resolve()
  })
  while (!over()) {
    end = Promise.withResolvers<void>()
    tail = ''
    client.socket.write(`busy ${command}\r\n`)
    await Promise.race([
      end.promise,
      (async () => {
        while (!over()) await sleep(EVERY)
      })(),
    ])
  }
  client.socket.destroy()
}

/** Whether NOOPs are answered soon while `busy` goes on. */
async function question(how: string, what: string, busy: (over: () => boolean) => Promise<void>): Promise<boolean> {
  const client = await login(QUIET)
  await client.ok('SELECT INBOX')
  const end = Date.now() + seconds * 1000
  const working = busy(() => Date.now() > end)
  const times: number[] = []
  const idle: number[] = []
  while (Date.now() < end) {
    const start = performance.now()
    await client.ok('NOOP')
    times.push(performance.now() - start)
    const due = performance.now() + EVERY
    await sleep(EVERY)
    idle.push(performance.now() - due)
  }
  await working
  client.socket.destroy()
  const show = (values: readonly number[]): string => [50, 99, 100].map((percent) => percentile(values, percent).toFixed(1)).join(' / ')
  const fine = percentile(times, 99) < MOST
  console.log(
    `${fine ? 'ok  ' : 'FAIL'} ${how}, ${what}: NOOP ${show(times)} ms (p50 / p99 / most), ${times.length} times; this process itself was late by ${show(idle)} ms`,
  )
  return fine
}
