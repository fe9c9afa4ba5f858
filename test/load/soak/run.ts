/**
 * Half a thousand sessions that do what users do, for half an hour: memory, descriptors, the WAL and the delay of the event loop are written down each
 * second, and have to be flat at the end.
 *
 *   npm run soak -- [MINUTES] [SEED]
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { checkConsistency } from '@mailstead/sqlite'
import { loggedErrors, makeServer } from '../../interop/server.ts'
import { mistaken } from '../../plants/mistakes.ts'
import { computedBy, loopDelayIn, median, memoryOf, percentile } from '../figures.ts'
import type { UsersOptions, UsersReport } from './users.ts'

const [minutes = 30, seed = Date.now() % 1_000_000] = process.argv.slice(2).map(Number)
const DOMAIN = 'soak.test'
const PASSWORD = 'a-long-secret'
const USERS = Array.from({ length: 50 }, (_, n) => `user${n}@${DOMAIN}`)
const COUNTS: UsersOptions['counts'] = { waiting: 300, reading: 120, fetching: 40, sending: 40 }
/** ms until all sessions are there and caches are filled. */
const WARMING = Math.min(60_000, (minutes * 60_000) / 4)
const LOOK = 1000

/** Of a second. */
interface Look {
  readonly pss: number
  readonly files: number
  /** MiB. */
  readonly wal: number
}

const dir = mkdtempSync(join(tmpdir(), 'soak-'))
const delays = join(dir, 'delays')
const server = await makeServer(DOMAIN, Object.fromEntries(USERS.map((user) => [user, PASSWORD])), 'none', {
  ...mistaken([], new URL('../loop-delay.ts', import.meta.url).href),
  MAILSTEAD_LOOP_DELAY: delays,
  MAILSTEAD_AUTH_PLAINTEXT: 'loopback',
  MAILSTEAD_LIMITS_CONNECTIONS: '5000',
  MAILSTEAD_LIMITS_CONNECTIONS_PER_ADDRESS: '5000',
  MAILSTEAD_LOG_LEVEL: 'error',
})
console.log(`seed ${seed}, ${minutes} minutes`)
await server.start()
const { ports, caFile } = server
const options: UsersOptions = { seed, ports, users: USERS, password: PASSWORD, caFile, counts: COUNTS }
const users = fork(fileURLToPath(new URL('./users.ts', import.meta.url)), [JSON.stringify(options)])
await sleep(WARMING)
writeFileSync(`${delays}.begin`, '')
const computed = computedBy(server.pid)
const looks: Look[] = []
for (const end = Date.now() + minutes * 60_000; Date.now() < end; await sleep(LOOK)) looks.push(look())
const load = (computedBy(server.pid) - computed) / (minutes * 60)
const delay = loopDelayIn(delays)
users.send('end')
const [report] = (await once(users, 'message')) as [UsersReport]
const code = await server.stop()
const verdicts = judge()
console.log(table())
for (const { good, text } of verdicts) console.log(`${good ? 'ok  ' : 'FAIL'} ${text}`)
rmSync(dir, { recursive: true })
const good = verdicts.every((verdict) => verdict.good)
if (good) server.remove()
else console.log(`the server's data and log are kept in ${server.dir}`)
process.exit(good ? 0 : 1)

function look(): Look {
  const wal = join(server.dir, 'mail.db-wal')
  return {
    pss: memoryOf(server.pid).pss,
    files: readdirSync(`/proc/${server.pid}/fd`).length,
    wal: existsSync(wal) ? statSync(wal).size / 2 ** 20 : 0,
  }
}

function judge(): { readonly good: boolean; readonly text: string }[] {
  const problems = [...checkConsistency(join(server.dir, 'mail.db')).problems, ...loggedErrors(server)]
  return [
    flat('memory', 'MiB', (each) => each.pss, 24, 0.08),
    flat('open files', '', (each) => each.files, 10, 0.02),
    flat('the WAL', 'MiB', (each) => each.wal, 16, 0.5),
    { good: Math.max(...looks.map(({ wal }) => wal)) < 256, text: 'the WAL stays below 256 MiB' },
    { good: (delay?.p99 ?? Infinity) < 50, text: `event loop delay p99 ${show(delay?.p99)} ms, below 50` },
    { good: report.failures.length === 0, text: `nothing fails: ${brief(report.failures)}` },
    {
      good: problems.length === 0 && code === 0,
      text: `the server logs no errors, ends well, and its data is sound: ${brief(problems)}, ${code}`,
    },
  ]
}

function flat(what: string, unit: string, of: (look: Look) => number, room: number, part: number): { good: boolean; text: string } {
  const third = Math.floor(looks.length / 3)
  const values = looks.map(of)
  const [middle, last] = [median(values.slice(third, 2 * third)), median(values.slice(2 * third))]
  return {
    good: last - middle < room + part * middle,
    text: `${what}: ${show(values[0])} ${unit} at first, ${show(middle)} in the second third, ${show(last)} in the last, ${show(Math.max(...values))} at most`,
  }
}

function table(): string {
  const rows = Object.entries(report.times)
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([what, times]) => {
      const [p50, p99, most] = [50, 99, 100].map((percent) => show(percentile(times, percent)))
      return `${what.padEnd(22)} ${String(times.length).padStart(7)} times   ${p50} / ${p99} / ${most} ms (p50 / p99 / most)`
    })
  const loop = [delay?.p50, delay?.p99, delay?.max].map(show).join(' / ')
  return [...rows, `processors kept busy   ${load.toFixed(2)}; event loop delay ${loop} ms (p50 / p99 / most)`].join('\n')
}

function show(value: number | undefined): string {
  return (value ?? Number.NaN).toFixed(value !== undefined && value < 10 ? 1 : 0)
}

function brief(list: readonly string[]): string {
  return list.length === 0 ? 'none' : `${list.length} (${list.slice(0, 3).join('; ')})`
}
