import { spawn } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

export interface Ended {
  readonly status: number | null
  /** Standard output and standard error, as they came. */
  readonly output: string
}

interface ExecuteOptions {
  readonly input?: string | Uint8Array
  readonly env?: Readonly<Record<string, string>>
}

/** How long a program may take (ms). */
const PATIENCE = 60_000

/** Runs a program to its end. */
export function execute(program: string, args: readonly string[], { input, env }: ExecuteOptions = {}): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env: { ...process.env, ...env }, timeout: PATIENCE })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()))
    child.once('error', reject)
    child.once('close', (status) => resolve({ status, output }))
    child.stdin.on('error', () => {})
    child.stdin.end(input)
  })
}

/** The same; throws with what was said when the program does not end well. */
export async function run(program: string, args: readonly string[], options: ExecuteOptions = {}): Promise<string> {
  const { status, output } = await execute(program, args, options)
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: exit ${status}: ${output.slice(-1500)}`)
  return output
}

/** Where a program is, the administrator's folders included; `undefined`: not installed. */
export function programPath(name: string): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin']
  return folders
    .map((folder) => join(folder, name))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK)
        return true
      } catch {
        return false
      }
    })
}
