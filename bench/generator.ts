/** The load generator: bench/load, in C, so that it takes less of its core than any server takes of the other. */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { globSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { GENERATOR_CORE, type Server } from './servers/server.ts'

/** What was measured in one phase. Times in ms, `cpu` that of the server's processes for one operation. */
export interface Figures {
  readonly phase: string
  readonly operations: number
  readonly seconds: number
  /** Operations a second. */
  readonly rate: number
  readonly cpu?: number
  /** CPU ms an operation that the server went on for afterwards. */
  readonly after?: number
  /** CPU ms an operation that the generator took. */
  readonly own?: number
  readonly p50?: number
  readonly p99?: number
  /** Whatever else the operation tells: numbers. */
  readonly [more: string]: number | string | undefined
}

/** Compiles the generator into `dir`; returns its path. Throws when there is no compiler, or no OpenSSL to compile with. */
export function compileGenerator(dir: string): string {
  const program = join(dir, 'load')
  const sources = globSync(fileURLToPath(new URL('load/*.c', import.meta.url))).sort()
  const libraries = ['ssl', 'crypto', 'm', 'pthread'].map((name) => `-l${name}`)
  const made = spawnSync('cc', ['-std=gnu11', '-O2', '-Wall', '-Wextra', '-Werror', '-o', program, ...sources, ...libraries], {
    encoding: 'utf8',
  })
  if (made.error !== undefined) throw new Error('no C compiler: the generator needs the Debian packages gcc, libc6-dev and libssl-dev')
  if (made.status !== 0) throw new Error(`the generator does not compile: ${made.stderr}`)
  return program
}

/** What the operation needs to know of the server. */
function serverOptions(server: Server): string[] {
  const { ports, accounts, login } = server
  const options = { ...ports, ...accounts, pids: server.roots().join(','), login: login ? 1 : 0 }
  return Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)])
}

/** ms that one operation may take. */
const PATIENCE = 600_000

export interface Surroundings {
  /** Waited for where an operation asks for it. */
  readonly settled?: () => Promise<void>
  /** Where the generator may write. */
  readonly dir?: string
}

/** Runs one operation; resolves to its phases. Rejects with what the generator says when an answer of the server was wrong. */
export async function runGenerator(
  program: string,
  server: Server,
  operation: readonly string[],
  { settled, dir }: Surroundings = {},
): Promise<readonly Figures[]> {
  const [name = '', ...options] = operation
  const pin = availableParallelism() > 1 ? ['-c', GENERATOR_CORE] : ['-c', '0']
  const child = spawn('taskset', [...pin, program, name, ...serverOptions(server), ...options], { timeout: PATIENCE, cwd: dir })
  const closed = once(child, 'close') as Promise<[number | null, string | null]>
  const phases: Figures[] = []
  let complaint = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaint += text))
  for await (const line of createInterface({ input: child.stdout })) {
    const said = JSON.parse(line) as Figures & { readonly received?: boolean }
    if (said.received !== true) phases.push(said)
    else {
      await settled?.()
      child.stdin.write('settled\n')
    }
  }
  const [code, signal] = await closed
  if (code !== 0) throw new Error(complaint.trim() || `${name}: the generator ended with ${code ?? signal ?? 'nothing'}`)
  return phases
}
