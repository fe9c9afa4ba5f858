/**
 * Mailstead beside Postfix and Dovecot, in one run, turn by turn.
 *
 *   npm run bench -- [--quick] [--runs 3] [--only NAME,…] [--servers NAME,…] [--dir DIR] [--out FILE] [--publish]
 */
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { compileGenerator, type Figures, runGenerator } from './generator.ts'
import { timeInstall } from './install.ts'
import { LIMITS, measureLimits } from './limits.ts'
import { BIG, type Operation, OPERATIONS, POPULATE } from './operations.ts'
import { readOptions } from './options.ts'
import { makeDovecot } from './servers/dovecot.ts'
import { makeMailstead } from './servers/mailstead.ts'
import { raiseInotifyLimit } from './servers/inotify.ts'
import { type Server, stopAll, stopWhenEnded, up } from './servers/server.ts'
import { timeStart } from './start.ts'
import { type Bench, conclude, takeTurns } from './turns.ts'

const values = readOptions()
const dir = values.dir ?? mkdtempSync(join(tmpdir(), 'mailstead-bench-'))
mkdirSync(dir, { recursive: true })
chmodSync(dir, 0o755) // Dovecot's processes have to get in.

const only = values.only?.split(',')
/** What is long is left out of a short run, unless it is asked for by its whole name. */
function chosen({ name, long }: Operation): boolean {
  if (only?.includes(name) === true) return true
  if (values.quick && long === true) return false
  return only === undefined || only.some((word) => name.startsWith(`${word}-`))
}

const asked = [LIMITS, ...OPERATIONS].filter(chosen)
/** Who looks at the big mailbox needs it. */
const operations = asked.includes(POPULATE) || !asked.some(({ run }) => run.includes(BIG)) ? asked : [POPULATE, ...asked]
const generator = compileGenerator(dir)
const servers = await makeServers(values.servers?.split(','))
process.once('exit', raiseInotifyLimit())
stopWhenEnded(servers)
try {
  for (const server of servers) await up(server)
  const bench: Bench = { kind: 'inbound', values, operations, servers, attempt }
  process.exitCode = conclude(bench, await takeTurns(bench))
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
  if (operation.own === 'limits') return measureLimits(generator, dir)
  if (operation.own === 'install') return [await timeInstall(dir)]
  if (operation.own === 'start') return [await timeStart(generator, server)]
  const quick = values.quick ? Object.entries(operation.quick ?? {}).flatMap(([name, value]) => [`--${name}`, String(value)]) : []
  return runGenerator(generator, server, [...operation.run, ...quick])
}
