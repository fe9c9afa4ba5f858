/**
 * A server under everything that strangers do to one: two thousand connections that say nothing, and a hundred or more of each kind of abuse
 * at once (kinds.ts); mail that is sent and read as it should be goes on beside. Tells figures, and whether they are good.
 *
 *   npm run abuse -- [MINUTES] [SEED]
 *   npm run abuse -- --plant NAME     a server with a mistake (plants.ts), which has to be seen; `all`: each in turn
 *
 * In less than ten minutes the server's time-outs would not be met: they are shortened then, in its sources as they are read.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createHistogram } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { mistaken } from '../plants/mistakes.ts'
import { loggedErrors, makeServer, type RealServer } from '../interop/server.ts'
import type { AttackersOptions, Crowd } from './attackers.ts'
import { computedBy, loopDelayIn, memoryOf, openFiles } from './figures.ts'
import type { HonestOptions, HonestReport } from './honest.ts'
import { KINDS } from './kinds.ts'
import { PLANTS } from './plants.ts'
import { HASTE, HASTY, TIMES } from './times.ts'
import { tick } from './loop-delay.ts'
import { judge, table, type Run } from './verdict.ts'
import { mailIn } from './mail-in.ts'

const { values, positionals } = parseArgs({ allowPositionals: true, options: { plant: { type: 'string' }, only: { type: 'string' } } })
const minutes = Number(positionals[0] ?? '1')
const seed = Number(positionals[1] ?? Date.now() % 1_000_000)
const DOMAIN = 'load.test'
const PASSWORD = 'honest-secret'
const HONEST = `honest@${DOMAIN}`
const VICTIMS = Array.from({ length: 20 }, (_, i) => `v${i + 1}@${DOMAIN}`)
const HASTY_BELOW = 10
/** ms in which the strangers come, and as long again until their first conversations have settled. */
const RAMP = 10_000
/** ms between two looks at the memory. */
const LOOK = 1000
/** Sockets of this machine that both sides need. */
const FILES = KINDS.reduce((sum, { count }) => sum + count, 500)

function child(file: string, options: AttackersOptions | HonestOptions): ChildProcess {
  return fork(fileURLToPath(new URL(file, import.meta.url)), [JSON.stringify(options)])
}

async function run(length: number, plant: string | undefined): Promise<Run> {
  const dir = mkdtempSync(join(tmpdir(), 'abuse-'))
  const delays = join(dir, 'delays')
  const hasty = length < HASTY_BELOW
  const mistakes = [...(hasty ? HASTE : []), ...(plant === undefined ? [] : (PLANTS[plant]?.mistakes ?? []))]
  const env = {
    ...mistaken(mistakes, new URL('./loop-delay.ts', import.meta.url).href),
    MAILSTEAD_LOOP_DELAY: delays,
    MAILSTEAD_AUTH_PLAINTEXT: 'loopback',
    MAILSTEAD_LIMITS_CONNECTIONS: '20000',
    MAILSTEAD_LIMITS_CONNECTIONS_PER_ADDRESS: '20000',
    MAILSTEAD_LIMITS_RECIPIENTS: '1000',
    MAILSTEAD_LOG_LEVEL: process.env['ABUSE_LOG'] ?? 'error',
  }
  const server = await makeServer(DOMAIN, Object.fromEntries([HONEST, ...VICTIMS].map((address) => [address, PASSWORD])), 'none', env)
  await server.start()
  try {
    const figures = await measure(server, { length, hasty, delays })
    const code = await server.stop()
    const errors = loggedErrors(server)
    if (code === 0 && errors.length === 0) server.remove()
    else console.log(`the server's data and log are kept in ${server.dir}`)
    return { ...figures, errors, code }
  } finally {
    await server.kill()
    rmSync(dir, { recursive: true, force: true })
  }
}

interface MeasureOptions {
  /** Minutes. */
  readonly length: number
  readonly hasty: boolean
  readonly delays: string
}

async function measure(server: RealServer, { length, hasty, delays }: MeasureOptions): Promise<Omit<Run, 'errors' | 'code'>> {
  const { ports, caFile } = server
  const attackers = child('./attackers.ts', {
    seed,
    ports,
    times: hasty ? HASTY : TIMES,
    addresses: VICTIMS,
    only: values.only,
    ramp: RAMP,
  })
  const crowds: Crowd[] = []
  let last: Crowd = {}
  let counting = false
  attackers.on('message', (crowd: Crowd) => {
    last = crowd
    if (counting) crowds.push(crowd)
  })
  await sleep(2 * RAMP)
  counting = true
  writeFileSync(`${delays}.begin`, '')
  const honest = child('./honest.ts', { seed, ports, user: HONEST, password: PASSWORD, caFile })
  const computed = computedBy(server.pid)
  const own = createHistogram()
  tick(own)
  const memory: number[] = []
  let rss = 0
  for (const end = Date.now() + length * 60_000; Date.now() < end; await sleep(LOOK)) {
    const now = memoryOf(server.pid)
    memory.push(now.pss)
    rss = Math.max(rss, now.rss)
  }
  counting = false
  const load = (computedBy(server.pid) - computed) / (length * 60)
  const delay = loopDelayIn(delays)
  attackers.send('end')
  honest.send('end')
  const [report] = (await once(honest, 'message')) as [HonestReport]
  const found = await mailIn(ports.imap, HONEST, PASSWORD)
  const ends = last
  attackers.kill('SIGKILL')
  return { memory, load, rss, delay, idle: own.percentile(99) / 1e6, crowds, ends, report, found }
}

async function plain(): Promise<boolean> {
  console.log(`seed ${seed}, ${minutes} minutes${minutes < HASTY_BELOW ? ', with hasty time-outs' : ''}`)
  const outcome = await run(minutes, undefined)
  console.log(table(outcome))
  const verdicts = judge(outcome)
  for (const { good, text } of verdicts) console.log(`${good ? 'ok  ' : 'FAIL'} ${text}`)
  return verdicts.every(({ good }) => good)
}

async function planted(names: readonly string[]): Promise<boolean> {
  let unseen = 0
  for (const name of names) {
    const plant = PLANTS[name]
    if (plant === undefined) throw new Error(`no plant ${name}; there are ${Object.keys(PLANTS).join(', ')}`)
    const bad = judge(await run(minutes, name)).filter(({ good }) => !good)
    const seen = bad.find(({ text }) => plant.seenAs.test(text))
    if (seen === undefined) unseen++
    console.log(`${seen === undefined ? 'FAIL' : 'ok  '} ${name}: ${seen?.text ?? `not seen; ${bad.map(({ text }) => text).join('; ')}`}`)
  }
  return unseen === 0
}

if (openFiles() < FILES) {
  console.log(`FAIL ${FILES} files and sockets are needed, ${openFiles()} may be open: raise \`ulimit -n\``)
  process.exit(1)
}
const plants = values.plant === 'all' ? Object.keys(PLANTS) : values.plant === undefined ? undefined : [values.plant]
process.exit((await (plants === undefined ? plain() : planted(plants))) ? 0 : 1)
