import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { programPath, run } from '../peers/execute.ts'
import type { Addresses } from './addresses.ts'

const SCRIPT = fileURLToPath(new URL('sts-resolver.py', import.meta.url))
const PORT = 8461

/** The program by which Postfix keeps to MTA-STS (Debian's postfix-mta-sts-resolver). */
export interface StsResolver {
  /** As a table of Postfix. */
  readonly table: string
  /** What it makes of a domain's policy. */
  query(domain: string): Promise<string>
  stop(): Promise<void>
}

/** `caFile`: authorities that servers of policies are held against. `undefined`: it is not installed. */
export async function makeStsResolver(parent: string, { dns, policies }: Addresses, caFile: string): Promise<StsResolver | undefined> {
  if (programPath('mta-sts-daemon') === undefined) return undefined
  const dir = join(parent, 'sts')
  mkdirSync(dir)
  const config = join(dir, 'daemon.yml')
  writeFileSync(
    config,
    `host: ${policies}\nport: ${PORT}\nreuse_port: true\ncache:\n  type: internal\ndefault_zone:\n  strict_testing: false\n`,
  )
  const args = (program: string, ...more: readonly string[]): string[] => ['-B', SCRIPT, dns, program, ...more]
  const env = { SSL_CERT_FILE: caFile }
  const child = spawn('/usr/bin/python3', args('daemon', '-c', config), { env: { ...process.env, ...env }, stdio: 'ignore' })
  const ended = once(child, 'exit')
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM')
    await ended
  }
  const end = Date.now() + 10_000
  while (!(await listens(policies))) {
    if (Date.now() > end || child.exitCode !== null) {
      await stop()
      throw new Error('mta-sts-daemon does not start')
    }
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return {
    table: `socketmap:inet:${policies}:${PORT}:postfix`,
    query: (domain) => run('/usr/bin/python3', args('query', domain), { env }),
    stop,
  }
}

function listens(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(PORT, address)
    socket.once('connect', () => socket.end(() => resolve(true)))
    socket.once('error', () => resolve(false))
  })
}
