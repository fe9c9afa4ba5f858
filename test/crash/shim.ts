import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Compiles journal.c into `dir`. Returns the library's path, or undefined where there is no C compiler. */
export function makeShim(dir: string): string | undefined {
  const library = join(dir, 'journal.so')
  const source = fileURLToPath(new URL('./journal.c', import.meta.url))
  const { status, error, stderr } = spawnSync('cc', ['-shared', '-fPIC', '-O1', '-o', library, source, '-lpthread'], { encoding: 'utf8' })
  if (error !== undefined) return undefined
  if (status !== 0) throw new Error(`the shim does not compile: ${stderr}`)
  return library
}
