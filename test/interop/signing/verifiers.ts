/** Verifiers that others wrote, from Debian. */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = fileURLToPath(new URL('.', import.meta.url))

/** File → selector → `pass` or `fail …`; what is said of the ARC chain stands under `arc`. */
export type Verdicts = ReadonlyMap<string, ReadonlyMap<string, string>>

export interface Verifier {
  readonly name: string
  /** Of which signatures it says anything. */
  readonly selectors: readonly string[]
  read(files: readonly string[]): Verdicts
}

/** Those that are installed. `dir`: for what has to be compiled; `keys`: a file with a name and its record in each line. */
export function installedVerifiers(dir: string, keys: string): readonly Verifier[] {
  return [dkimpy(keys), libopendkim(dir, keys)].filter((verifier) => verifier !== undefined)
}

function dkimpy(keys: string): Verifier | undefined {
  if (spawnSync('/usr/bin/python3', ['-c', 'import dkim, nacl']).status !== 0) return undefined
  const command = ['/usr/bin/python3', '-B', join(here, 'verify.py'), keys]
  return { name: 'dkimpy', selectors: ['rsa', 'ed25519', 'arc'], read: (files) => verdictsOf(command, files) }
}

function libopendkim(dir: string, keys: string): Verifier | undefined {
  if (!existsSync('/usr/include/opendkim/dkim.h')) return undefined
  const program = join(dir, 'verify')
  output(['gcc', '-I/usr/include/opendkim', '-o', program, join(here, 'verify.c'), '-lopendkim'])
  const command = [program, keys]
  const selectors = output(command).startsWith('Ed25519') ? ['rsa', 'ed25519'] : ['rsa']
  return { name: 'libopendkim', selectors, read: (files) => verdictsOf(command, files) }
}

/** From lines `FILE SELECTOR VERDICT`. The first one counts: signatures that a message came with are below ours. */
function verdictsOf(command: readonly string[], files: readonly string[]): Verdicts {
  const verdicts = new Map<string, Map<string, string>>()
  for (const line of output([...command, ...files]).split('\n')) {
    const [, file = '', selector = '', verdict = ''] = /^(\S+) (\S+) (.*)$/.exec(line) ?? []
    const found = verdicts.get(file) ?? new Map<string, string>()
    if (!found.has(selector)) found.set(selector, verdict)
    verdicts.set(file, found)
  }
  return verdicts
}

function output([command = '', ...args]: readonly string[]): string {
  const run = spawnSync(command, args, { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 })
  if (run.status !== 0) throw new Error(`${command}: exit ${run.status}\n${run.stderr}`)
  return run.stdout
}
