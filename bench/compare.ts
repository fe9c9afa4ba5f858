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
import { RESULTS } from './publish.ts'
import { makeDovecot } from './servers/dovecot.ts'
import { makeMailstead } from './servers/mailstead.ts'
import { type Server, up } from './servers/server.ts'
import { timeStart } from './start.ts'
import { conclude, OPTIONS, stopAll, stopWhenEnded, takeTurns } from './turns.ts'

const { values } = parseArgs({
  args: process.argv.slice(2),
  options: { ...OPTIONS, million: { type: 'boolean', default: false } },
})
const dir = values.dir ?? mkdtempSync(join(tmpdir(), 'mailstead-bench-'))
mkdirSync(dir, { recursive: true })
chmodSync(dir, 0o755) // Dovecot's processes have to get in.

const only = values.only?.split(',')
/** What is long is left out of a short run, unless it is asked for by its whole name. */
function chosen({ name, long }: Operation): boolean {
  if (only?.includes(name) === true || (only !== undefined && name === 'populate')) return true
  if (values.quick && long === true) return false
  return only === undefined || only.some((word) => name.startsWith(`${word}-`))
}

const operations = [...OPERATIONS, ...(values.million ? [ONE_MILLION] : [])].filter(chosen)
const runs = Number(values.runs ?? (values.quick ? 1 : 3))
const generator = compileGenerator(dir)
const servers = await makeServers(values.servers?.split(','))
stopWhenEnded(servers)
const whole = only === undefined && !values.quick && values.servers === undefined
try {
  for (const server of servers) await up(server)
  const results = await takeTurns(operations, servers, runs, attempt)
  process.exitCode = await conclude({
    operations,
    servers,
    results,
    out: values.out,
    published: values.publish || whole ? RESULTS.inbound : undefined,
  })
} finally {
  await stopAll(servers)
}
if (values.dir === undefined) rmSync(dir, { recursive: true, force: true })

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

async function attempt(operation: Operation, server: Server): Promise<readonly Figures[]> {
  if (operation.forget === true) await server.forget()
  if (operation.own === 'start') return [await timeStart(generator, server)]
  const quick = values.quick ? Object.entries(operation.quick ?? {}).flatMap(([name, value]) => [`--${name}`, String(value)]) : []
  return runGenerator(generator, server, [...operation.run, ...quick])
}
