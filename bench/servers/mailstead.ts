import { once } from 'node:events'
import { existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { CLI, freePortBase, mailstead, STANDARD_PORTS } from '../../test/interop/server.ts'
import { ACCOUNTS, DOMAIN, launch, PASSWORD, type Server, userName } from './server.ts'

export interface MailsteadOptions {
  /** More of mailstead.toml. */
  readonly settings?: readonly string[]
  readonly accounts?: number
  /** Whether `ports.smtp` is where users send from, instead of where other servers do. */
  readonly submission?: boolean
}

/** Mailstead from this checkout, as shipped; passwords may come in clear over loopback, as with the peers. */
export async function makeMailstead(name: string, title: string, dir: string, options: MailsteadOptions = {}): Promise<Server> {
  const portFile = join(dir, 'port-base')
  if (!existsSync(portFile)) {
    mkdirSync(dir, { recursive: true })
    mailstead(dir, ['domain', 'add', DOMAIN])
    const list = join(dir, 'accounts.csv')
    const rows = Array.from({ length: options.accounts ?? ACCOUNTS }, (_, n) => `${userName(n + 1)}@${DOMAIN},${PASSWORD}\n`)
    writeFileSync(list, rows.join(''), { mode: 0o600 })
    mailstead(dir, ['account', 'import', list])
    rmSync(list)
    writeFileSync(portFile, String(await freePortBase()))
  }
  const base = Number(readFileSync(portFile, 'utf8'))
  writeFileSync(
    join(dir, 'mailstead.toml'),
    [`port_base = ${base}`, '[auth]', 'plaintext = "loopback"', ...(options.settings ?? [])].join('\n'),
  )
  let child: ReturnType<typeof launch> | undefined
  return {
    name,
    title,
    ports: {
      smtp: base + (options.submission === true ? STANDARD_PORTS.submission : STANDARD_PORTS.smtp),
      imap: base + STANDARD_PORTS.imap,
      imaps: base + STANDARD_PORTS.imaps,
      pop3: base + STANDARD_PORTS.pop3,
    },
    accounts: { user: `u%04d@${DOMAIN}`, recipient: `u%04d@${DOMAIN}`, password: PASSWORD },
    login: options.submission === true,
    async start() {
      child = launch(process.execPath, [CLI, 'serve', '--data', dir], openSync(join(dir, 'server.log'), 'a'))
    },
    async stop() {
      if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
      child.kill('SIGTERM')
      await once(child, 'exit')
    },
    roots: () => (child?.pid === undefined ? [] : [child.pid]),
    // What clients ask for is worked out when a message is taken, and belongs to it.
    forget: async () => {},
  }
}
