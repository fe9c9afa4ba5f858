/**
 * A real server as a user starts it: the command line, a data folder of its own, a free port base. For the
 * interop tests, the kill rig and the benchmark.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const CLI = fileURLToPath(new URL('../../apps/admin/bin/mailstead.mjs', import.meta.url))

export const STANDARD_PORTS = { smtp: 25, submission: 587, submissions: 465, imap: 143, imaps: 993, pop3: 110, pop3s: 995 } as const

export interface RealServer {
  readonly dir: string
  readonly portBase: number
  readonly ports: Record<keyof typeof STANDARD_PORTS, number>
  readonly caFile: string
  /** The process that is running now. */
  readonly pid: number
  /** Resolves when every protocol greets. `options` go to `serve`. */
  start(...options: string[]): Promise<void>
  /** SIGTERM, and waits for the end. */
  stop(): Promise<number | null>
  /** SIGKILL, and waits for the end. */
  kill(): Promise<void>
  remove(): void
}

/** Runs one command of the command line on the data folder; throws with its output when it fails. */
export function mailstead(dir: string, args: readonly string[], input = ''): string {
  const run = spawnSync(process.execPath, [CLI, ...args, '--data', dir], { input, encoding: 'utf8' })
  if (run.status !== 0) throw new Error(`mailstead ${args.join(' ')}: exit ${run.status}\n${run.stdout}${run.stderr}`)
  return run.stdout
}

/** The same, not waited for. */
export function commandLine(dir: string, args: readonly string[]): ChildProcess {
  return spawn(process.execPath, [CLI, ...args, '--data', dir], { stdio: 'ignore' })
}

/** A data folder with a domain and accounts, not yet started. `accounts`: address → password; `env`: more for `serve`. */
export async function makeServer(
  domain: string,
  accounts: Record<string, string>,
  quota = '2G',
  env: Readonly<Record<string, string>> = {},
): Promise<RealServer> {
  const dir = mkdtempSync(join(tmpdir(), 'mailstead-'))
  mailstead(dir, ['domain', 'add', domain])
  const list = join(dir, 'accounts.csv')
  const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`
  writeFileSync(
    list,
    Object.entries(accounts)
      .map(([address, password]) => `${address},${quoted(password)},${quota}\n`)
      .join(''),
    { mode: 0o600 },
  )
  mailstead(dir, ['account', 'import', list])
  rmSync(list)
  const portBase = await freePortBase()
  let child: ChildProcess | undefined
  const ports = Object.fromEntries(Object.entries(STANDARD_PORTS).map(([name, port]) => [name, port + portBase])) as RealServer['ports']

  const ended = (): Promise<number | null> =>
    new Promise((resolve) => {
      if (child === undefined || child.exitCode !== null || child.signalCode !== null) resolve(child?.exitCode ?? null)
      else child.once('exit', (code) => resolve(code))
    })

  return {
    dir,
    portBase,
    ports,
    caFile: join(dir, 'ca.pem'),
    get pid() {
      return child?.pid ?? 0
    },
    async start(...options) {
      const log = openSync(join(dir, 'server.log'), 'a')
      child = spawn(process.execPath, [CLI, 'serve', '--data', dir, '--port-base', String(portBase), ...options], {
        stdio: ['ignore', log, log],
        env: { ...process.env, ...env },
      })
      await Promise.all([ports.smtp, ports.imap, ports.pop3].map((port) => listening(port, child)))
    },
    async stop() {
      child?.kill('SIGTERM')
      return ended()
    },
    async kill() {
      child?.kill('SIGKILL')
      await ended()
    },
    remove: () => rmSync(dir, { recursive: true, force: true }),
  }
}

/** Resolves when `port` greets; rejects when the process ends first, or after a minute. */
async function listening(port: number, child: ChildProcess | undefined): Promise<void> {
  const end = Date.now() + 60_000
  for (;;) {
    const up = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1')
      socket.once('data', () => {
        socket.destroy()
        resolve(true)
      })
      socket.on('error', () => resolve(false))
      // A server that is killed between accepting and greeting says nothing at all.
      socket.once('close', () => resolve(false))
    })
    if (up) return
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) {
      throw new Error(`the server ended with ${child?.exitCode ?? child?.signalCode ?? 'nothing'} before port ${port} answered`)
    }
    if (Date.now() > end) throw new Error(`port ${port} does not answer`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/** Lines of the server's log that tell of an error. */
export function loggedErrors({ dir }: RealServer): string[] {
  return readFileSync(join(dir, 'server.log'), 'utf8')
    .split('\n')
    .filter((line) => /"level":"(error|fatal)"/.test(line))
}

/** A base whose seven ports are free now. */
export async function freePortBase(): Promise<number> {
  for (let attempt = 0; attempt < 50; attempt++) {
    const base = 12_000 + Math.floor(Math.random() * 20_000)
    const free = await Promise.all(Object.values(STANDARD_PORTS).map((port) => isFree(base + port)))
    if (free.every(Boolean)) return base
  }
  throw new Error('no free port base found')
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)))
  })
}
