import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { programPath } from '../peers/execute.ts'

export interface DaemonSetting {
  readonly dir: string
  /** Where it listens, and where its name server is (port 53). */
  readonly address: string
  readonly port: number
  /** PEM: the authorities that it knows. */
  readonly authorities: string
}

export interface Daemon {
  /** What Postfix would hear of a domain: `OK secure match=…`, `NOTFOUND `. */
  ask(domain: string): Promise<string>
  stop(): Promise<void>
}

/** ms to its first answer. */
const START_TIME = 20_000

/** Why there cannot be one on this machine; `undefined`: there can. */
export function noDaemon(): string | undefined {
  if (process.getuid?.() !== 0) return 'only root can have a resolv.conf of its own'
  const missing = ['mta-sts-daemon', 'unshare', 'mount'].find((name) => programPath(name) === undefined)
  return missing === undefined ? undefined : `${missing} is not installed`
}

/** Debian's postfix-mta-sts-resolver, whose name server is ours: its file of name servers is another one in a mount namespace of its own. */
export async function startDaemon({ dir, address, port, authorities }: DaemonSetting): Promise<Daemon> {
  const [resolvConf, config] = [join(dir, 'resolv.conf'), join(dir, 'mta-sts-daemon.yml')]
  writeFileSync(resolvConf, `nameserver ${address}\n`)
  const lines = [`host: ${address}`, `port: ${port}`, 'shutdown_timeout: 1', 'cache: { type: internal, options: { cache_size: 10 } }']
  writeFileSync(config, [...lines, 'default_zone: { strict_testing: false, timeout: 10 }', ''].join('\n'))
  const script = 'mount --bind "$1" /etc/resolv.conf && exec "$2" -c "$3"'
  const child = spawn('unshare', ['-m', 'sh', '-c', script, 'sh', resolvConf, programPath('mta-sts-daemon') ?? '', config], {
    stdio: 'ignore',
    env: { ...process.env, SSL_CERT_FILE: authorities },
  })
  const ended = once(child, 'exit')
  const daemon: Daemon = {
    ask: (domain) => ask(address, port, `postfix ${domain}`),
    async stop() {
      child.kill('SIGTERM')
      await ended
    },
  }
  const end = Date.now() + START_TIME
  while ((await daemon.ask('nobody.test').catch(() => '')) === '') {
    if (Date.now() > end) {
      await daemon.stop()
      throw new Error('mta-sts-daemon does not answer')
    }
    await wait(100)
  }
  return daemon
}

/** Postfix's socketmap protocol: netstrings of a map and a key, and of the answer (socketmap_table(5)). */
function ask(address: string, port: number, question: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, address, () => socket.write(`${question.length}:${question},`))
    let text = ''
    socket.setEncoding('latin1').on('data', (more: string) => {
      text += more
      const [, length = '', rest = ''] = /^(\d+):([^]*)$/.exec(text) ?? []
      if (length === '' || rest.length <= Number(length)) return
      socket.destroy()
      resolve(rest.slice(0, Number(length)))
    })
    socket.once('error', reject).once('close', () => reject(new Error(`hung up after ${text}`)))
  })
}
