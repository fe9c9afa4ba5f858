import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { PassThrough, Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { main } from '../src/main.ts'
import type { Surroundings } from '../src/shell.ts'

export const ENTRY = fileURLToPath(new URL('../bin/mailstead.mjs', import.meta.url))

// Threads of the store start in half the time, as they do for the command itself.
process.env['NODE_COMPILE_CACHE'] ??= fileURLToPath(new URL('../../../node_modules/.cache/mailstead', import.meta.url))

export interface Ran {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** Runs one command line in this process, as `main` does it for the real one. */
export async function run(line: string | readonly string[], input = ''): Promise<Ran> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()]
  const texts = Promise.all([text(stdout), text(stderr)])
  const stdin = Readable.from([Buffer.from(input)]) as unknown as Surroundings['stdin']
  const code = await main(typeof line === 'string' ? line.split(' ') : line, { stdin, stdout, stderr, environment: {} })
  stdout.end()
  stderr.end()
  const [out, err] = await texts
  return { code, out, err }
}

async function text(stream: Readable): Promise<string> {
  return Buffer.concat((await stream.toArray()) as Buffer[]).toString()
}

/** A process of the command line's own. */
export interface Spawned {
  readonly child: ChildProcess
  /** Resolves when `pattern` was printed on standard output; rejects when the process ends before. */
  printed(pattern: RegExp): Promise<string>
  /** The same for standard error. */
  logged(pattern: RegExp): Promise<string>
  /** Resolves at its end. */
  ended(): Promise<Ran>
}

export interface StartOptions {
  /** The Node that starts it; the one of the tests when absent. */
  readonly node?: string
  /** Standard input; nothing when absent. */
  readonly input?: string
  readonly environment?: Readonly<Record<string, string>>
}

export function start(args: readonly string[], { node = process.execPath, input = '', environment = {} }: StartOptions = {}): Spawned {
  const child = spawn(node, [ENTRY, ...args], { env: { PATH: process.env['PATH'], ...environment } })
  child.stdin.on('error', () => undefined).end(input)
  let out = ''
  let err = ''
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()))
  const closed = once(child, 'close')
  const seen = async (stream: Readable, text: () => string, pattern: RegExp): Promise<string> => {
    while (!pattern.test(text())) {
      const ended = await Promise.race([once(stream, 'data').then(() => false), closed.then(() => true)])
      if (ended && !pattern.test(text())) throw new Error(`ended with ${child.exitCode} before it said ${pattern}:\n${out}${err}`)
    }
    return text()
  }
  return {
    child,
    printed: (pattern) => seen(child.stdout, () => out, pattern),
    logged: (pattern) => seen(child.stderr, () => err, pattern),
    async ended() {
      await closed
      return { code: child.exitCode, out, err }
    },
  }
}

const STANDARD = [25, 587, 465, 143, 993, 110, 995]

/** A base at which all ports are free now; below the ports that systems give to outgoing connections. */
export async function freePortBase(): Promise<number> {
  for (let attempt = 0; attempt < 50; attempt++) {
    const base = 11_000 + Math.floor(Math.random() * 20_000)
    if ((await Promise.all(STANDARD.map((port) => isFree(port + base)))).every(Boolean)) return base
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
