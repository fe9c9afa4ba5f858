/** What the machine itself gives at best, measured in the same run: the mark for every server on it. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { type Figures, runGenerator } from './generator.ts'
import type { Operation, Row } from './operations.ts'
import { run, SERVER_CORE, type Server } from './servers/server.ts'

const row = (id: string, title: string): Row => ({ id, phase: id, title })

export const LIMITS: Operation = {
  name: 'limits',
  group: 'Limits of the machine',
  run: ['limits', '--least', '1'],
  on: 'machine',
  own: 'limits',
  runs: 2,
  rows: [
    row('limit-sync', '5 KiB more in a file, and `fdatasync`'),
    row('limit-commit', 'SQLite: a row of 5 KiB, a commit each'),
    row('limit-commit-10', 'SQLite: a row of 5 KiB, 10 to a commit'),
    row('limit-commit-50', 'SQLite: a row of 5 KiB, 50 to a commit'),
    row('limit-commit-large', 'SQLite: a row of 1 MiB, a commit each'),
    row('limit-update', 'SQLite: a number in a small row, a commit each'),
    row('limit-update-all', 'SQLite: a number in each of 10,000 small rows, one commit'),
    row('limit-copy-all', 'SQLite: 10,000 small rows more, one commit'),
    row('limit-delete-all', 'SQLite: 10,000 small rows less, one commit'),
    row('limit-read-lines', 'SQLite: 10,000 texts of 600 octets read'),
    row('limit-read-values', 'SQLite: values of 40 KiB read'),
    row('limit-echo', 'A line there and an answer back over loopback, system calls alone'),
    row('limit-echo-node', 'The same in Node.js'),
    row('limit-connect', 'A connection over loopback, greeted and closed'),
    row('limit-loopback', 'A megabyte sent over loopback'),
    row('limit-tls', 'A megabyte sent over loopback by TLS'),
  ],
}

/** The machine in the place of a server, for the results. */
export const MACHINE: Server = {
  name: 'machine',
  title: 'The machine',
  ports: { smtp: 0, imap: 0, imaps: 0, pop3: 0 },
  accounts: { user: '', recipient: '', password: '' },
  login: false,
  start: async () => {},
  stop: async () => {},
  roots: () => [],
  forget: async () => {},
}

/** `dir` is on the disk that servers use. */
export async function measureLimits(generator: string, dir: string): Promise<readonly Figures[]> {
  const database = run(process.execPath, [program('sqlite'), dir])
  const lines = database.trim().split('\n')
  const alone = await runGenerator(generator, MACHINE, LIMITS.run, { dir })
  return [...lines.map((line) => JSON.parse(line) as Figures), ...alone, ...(await echo(generator))]
}

const program = (name: string): string => fileURLToPath(new URL(`limits/${name}.ts`, import.meta.url))

async function echo(generator: string): Promise<readonly Figures[]> {
  const child = spawn('taskset', ['-c', SERVER_CORE, process.execPath, program('echo')], { stdio: ['ignore', 'pipe', 'inherit'] })
  try {
    const port = await firstLine(child)
    const server: Server = {
      ...MACHINE,
      ports: { ...MACHINE.ports, imap: Number(port) },
      roots: () => (child.pid === undefined ? [] : [child.pid]),
    }
    return await runGenerator(generator, server, LIMITS.run)
  } finally {
    child.kill()
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  }
}

async function firstLine({ stdout }: ChildProcess): Promise<string> {
  if (stdout !== null) for await (const line of createInterface({ input: stdout })) return line
  throw new Error('the echo server says no port')
}
