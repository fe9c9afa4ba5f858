/**
 * Mailstead beside Postfix and Dovecot, in one run, turn by turn.
 *
 *   npm run bench -- [--quick] [--runs 3] [--only NAME,…] [--servers NAME,…] [--million] [--dir DIR] [--out FILE] [--publish]
 */
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { compileGenerator, type Figures, runGenerator } from './generator.ts'
import { ONE_MILLION, type Operation, OPERATIONS } from './operations.ts'
import { publish, RESULTS } from './publish.ts'
import { renderRows } from './report.ts'
import { disagreements, machine, type Result, type Results, writeResults } from './results.ts'
import { makeDovecot } from './servers/dovecot.ts'
import { makeMailstead } from './servers/mailstead.ts'
import { type Server, up } from './servers/server.ts'
import { timeStart } from './start.ts'
import { versions } from './versions.ts'

const { values } = parseArgs({
  args: process.argv.slice(2),
  options: {
    quick: { type: 'boolean', default: false },
    runs: { type: 'string' },
    only: { type: 'string' },
    servers: { type: 'string' },
    million: { type: 'boolean', default: false },
    dir: { type: 'string' },
    out: { type: 'string' },
    publish: { type: 'boolean', default: false },
  },
})
const dir = values.dir ?? mkdtempSync(join(tmpdir(), 'mailstead-bench-'))
mkdirSync(dir, { recursive: true })
chmodSync(dir, 0o755) // Dovecot's processes have to get in.

const only = values.only?.split(',')
const operations = [...OPERATIONS, ...(values.million ? [ONE_MILLION] : [])].filter(({ name, long }) =>
  only === undefined
    ? !(values.quick && long === true)
    : name === 'populate' || only.some((word) => name === word || name.startsWith(`${word}-`)),
)
const runs = Number(values.runs ?? (values.quick ? 1 : 3))
const began = performance.now()
const generator = compileGenerator(dir)
const servers = await makeServers(values.servers?.split(','))
const results: Result[] = []
try {
  for (const server of servers) await up(server)
  for (const operation of operations) for (let n = 0; n < Math.min(runs, operation.runs ?? runs); n++) await turn(operation, n)
} finally {
  for (const server of servers) await server.stop()
}
finish()

async function makeServers(names: readonly string[] | undefined): Promise<readonly Server[]> {
  const settings = ['[limits]', 'connections = 8000']
  const all: Record<string, () => Promise<Server>> = {
    mailstead: () => makeMailstead('mailstead', 'Mailstead', join(dir, 'mailstead'), { settings }),
    dovecot: () => makeDovecot('dovecot', 'Dovecot as shipped', join(dir, 'dovecot'), false),
    tuned: () => makeDovecot('tuned', 'Dovecot tuned', join(dir, 'tuned'), true),
  }
  const made: Server[] = []
  for (const [name, make] of Object.entries(all)) if (names === undefined || names.includes(name)) made.push(await make())
  return made
}

/** Every server once; who is first changes from turn to turn. */
async function turn(operation: Operation, n: number): Promise<void> {
  const taking = operation.alone === true ? servers.slice(0, 1) : servers
  for (const server of n % 2 === 1 ? taking.toReversed() : taking) {
    const start = performance.now()
    const phases = await attempt(operation, server)
    for (const row of operation.rows) {
      const figures = typeof phases === 'string' ? undefined : phases.find(({ phase }) => phase === row.phase)
      if (figures !== undefined) results.push({ row: row.id, server: server.name, run: n, figures })
      else if (typeof phases === 'string') results.push({ row: row.id, server: server.name, run: n, wrong: phases })
    }
    const wrong = typeof phases === 'string' ? `: ${phases}` : ''
    console.error(`${operation.name}, run ${n + 1}, ${server.title}: ${((performance.now() - start) / 1000).toFixed(1)} s${wrong}`)
  }
}

/** The phases, or what was wrong. */
async function attempt(operation: Operation, server: Server): Promise<readonly Figures[] | string> {
  try {
    if (operation.forget === true) {
      await server.stop()
      await server.forget()
      await up(server)
    }
    if (operation.own === 'start') return [await timeStart(generator, server)]
    const quick = values.quick ? Object.entries(operation.quick ?? {}).flatMap(([name, value]) => [`--${name}`, String(value)]) : []
    return await runGenerator(generator, server, [...operation.run, ...quick])
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

function finish(): void {
  const rows = operations.flatMap((operation) => operation.rows)
  const all: Results = {
    when: new Date().toISOString().slice(0, 16),
    machine: machine(),
    versions: versions(),
    servers: Object.fromEntries(servers.map(({ name, title }) => [name, title])),
    results,
  }
  console.log(renderRows(all, operations))
  const wrong = [
    ...new Set(results.flatMap((each) => (each.wrong === undefined ? [] : [`${each.row} on ${each.server}: ${each.wrong}`]))),
    ...disagreements(results, rows),
  ]
  for (const line of wrong) console.log(`WRONG: ${line}`)
  if (values.out !== undefined) writeResults(values.out, all)
  if (values.publish || (only === undefined && !values.quick && values.servers === undefined)) publish(RESULTS.inbound, all)
  if (values.dir === undefined) rmSync(dir, { recursive: true, force: true })
  console.error(`${((performance.now() - began) / 60_000).toFixed(1)} minutes`)
  process.exitCode = wrong.length === 0 ? 0 : 1
}
