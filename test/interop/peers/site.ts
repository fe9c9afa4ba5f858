import assert from 'node:assert/strict'
import { once } from 'node:events'
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { mistaken, type Mistake } from '../../plants/mistakes.ts'
import { mailstead, makeServer, type RealServer } from '../server.ts'
import { messagesOf } from './mailbox.ts'

export const DOMAIN = 'peers.test'
export const PASSWORD = 'peers-secret'
/** Whom a relay logs in as. */
export const RELAY = `relay@${DOMAIN}`
/** Recipients of one message to many. */
export const MANY = 25
/** Accounts of each kind. */
const POOL = { plain: 50, cyrillic: 4, crowd: 4 } as const
const SETTINGS = { MAILSTEAD_PORTS_LMTP: '24', MAILSTEAD_AUTH_PLAINTEXT: 'loopback' }

/** A server, and what the checks have in common. */
export interface Site {
  readonly server: RealServer
  /** A folder that peers' own users may read. */
  readonly dir: string
  readonly lmtpPort: number
  /** The authority that signed the server's certificate, readable by peers. */
  readonly caFile: string
  /** How long mail may take (ms). */
  readonly patience: number
  /** An address whose mailbox is empty. */
  account(): string
  /** The same with a local part that every server along the way has to know SMTPUTF8 for. */
  cyrillicAccount(): string
  /** Many of them: name@, 2name@, 3name@, and so on. */
  crowd(): { readonly name: string; readonly addresses: readonly string[] }
  /** Whether EHLO offers it: to strangers, or at a port with TLS from the first octet. */
  offers(keyword: string, tlsPort?: number): Promise<boolean>
  /** The transcripts of sessions in which `text` was said. */
  sessionsWith(text: string): string[]
  /** Waits until the mailbox holds `count` messages, and looks that they are no more. Both by IMAP and by POP3. */
  received(address: string, count?: number): Promise<string[]>
  /** A file of the site's own. */
  file(name: string, content: string | Uint8Array): string
  admin(...args: readonly string[]): string
  stop(): Promise<number | null>
}

export interface SiteOptions {
  readonly mistakes?: readonly Mistake[]
  readonly patience?: number
}

export async function makeSite({ mistakes = [], patience = 20_000 }: SiteOptions = {}): Promise<Site> {
  const pool = (count: number, named: (n: number) => string[]): string[][] => Array.from({ length: count }, (_, i) => named(i + 1))
  const free = {
    plain: pool(POOL.plain, (n) => [`u${n}@${DOMAIN}`]),
    cyrillic: pool(POOL.cyrillic, (n) => [`почта${n}@${DOMAIN}`]),
    crowd: pool(POOL.crowd, (n) => Array.from({ length: MANY }, (_, i) => `${i === 0 ? '' : i + 1}crowd${n}@${DOMAIN}`)),
  }
  const addresses = [RELAY, ...Object.values(free).flat(2)]
  const accounts = Object.fromEntries(addresses.map((address) => [address, PASSWORD]))
  const server = await makeServer(DOMAIN, accounts, 'none', { ...SETTINGS, ...mistaken(mistakes) })
  const dir = mkdtempSync(join(tmpdir(), 'peers-'))
  chmodSync(dir, 0o755)
  const wire = join(server.dir, 'wire')
  mkdirSync(wire)
  await server.start('--wire', wire)
  const caFile = join(dir, 'ca.pem')
  copyFileSync(server.caFile, caFile)
  chmodSync(caFile, 0o644)
  const take = (kind: keyof typeof free): string[] => {
    const taken = free[kind].shift()
    assert.ok(taken, `more accounts (${kind}) are needed`)
    return taken
  }
  return {
    server,
    dir,
    lmtpPort: server.portBase + 24,
    caFile,
    patience,
    account: () => take('plain').join(),
    cyrillicAccount: () => take('cyrillic').join(),
    crowd() {
      const crowd = take('crowd')
      return { name: crowd[0] ?? '', addresses: crowd }
    },
    offers: async (keyword, tlsPort) => new RegExp(`^250[- ]${keyword}\\b`, 'm').test(await ehlo(server.ports.smtp, tlsPort, caFile)),
    sessionsWith: (text) =>
      readdirSync(wire)
        .filter((file) => file.startsWith('smtp'))
        .map((file) => readFileSync(join(wire, file), 'utf8'))
        .filter((session) => session.includes(text)),
    received: (address, count = 1) => messagesOf(server, address, PASSWORD, count, patience),
    file(name, content) {
      const path = join(dir, name)
      writeFileSync(path, content, { mode: 0o644 })
      return path
    },
    admin: (...args) => mailstead(server.dir, args),
    async stop() {
      const code = await server.stop()
      rmSync(dir, { recursive: true, force: true })
      return code
    },
  }
}

/** The answer to EHLO. */
async function ehlo(port: number, tlsPort: number | undefined, caFile: string): Promise<string> {
  const tls = { host: 'localhost', servername: 'localhost', ca: readFileSync(caFile) }
  const socket = tlsPort === undefined ? connect(port, '127.0.0.1') : connectTls({ ...tls, port: tlsPort })
  let said = ''
  socket.on('data', (chunk: Buffer) => (said += chunk.toString()))
  socket.write('EHLO peers.test\r\nQUIT\r\n')
  await once(socket, 'close')
  return said
}
