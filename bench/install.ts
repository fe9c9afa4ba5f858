import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Figures } from './generator.ts'

const CHECKOUT = fileURLToPath(new URL('..', import.meta.url))
const LEFT_OUT = new Set(['node_modules', '.git', 'data'])

/** `npm ci` as on a machine that has only git, npm and a Node: a fresh copy, nothing in npm's cache. Not bound to one core. */
export async function timeInstall(dir: string): Promise<Figures> {
  const [copy, cache] = [join(dir, 'install'), join(dir, 'npm-cache')]
  const remove = (): void => [copy, cache].forEach((each) => rmSync(each, { recursive: true, force: true }))
  remove()
  cpSync(CHECKOUT, copy, { recursive: true, filter: (source) => !LEFT_OUT.has(basename(source)) })
  try {
    const began = performance.now()
    const child = spawn('npm', ['ci', '--cache', cache], { cwd: copy, stdio: ['ignore', 'ignore', 'pipe'] })
    let complaint = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => (complaint += text))
    const [code] = (await once(child, 'close')) as [number | null]
    if (code !== 0) throw new Error(`npm ci: ${complaint.trim().split('\n')[0] ?? `exit ${code}`}`)
    const seconds = (performance.now() - began) / 1000
    return { phase: 'install', operations: 1, seconds, rate: 1 / seconds }
  } finally {
    remove()
  }
}
