import { spawn } from 'node:child_process'
import type { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { Client } from '../../../packages/imap/test/client.ts'
import { mistaken, type Mistake } from '../../plants/mistakes.ts'
import { run } from '../peers/execute.ts'
import { submit, type Letter } from '../peers/submit.ts'
import { CLI } from '../server.ts'
import type { Issued } from './certificates.ts'
import { BOX, LARGEST, UTF8_BOX, type Party, type PartySetting } from './party.ts'
import { greets } from './postfix.ts'

const PASSWORD = 'a-secret-of-the-world'
/** ms for which an answer of the command line is good. */
const PAUSE = 300

export interface MailsteadSetting extends PartySetting {
  /** Name servers, with a port where it is not 53. */
  readonly dns: readonly string[]
  /** Whether they are trusted although they are not on loopback. */
  readonly trusted?: boolean
  /** For the names that its MTA-STS policies are served at. */
  readonly policies: Issued
  /** Authorities that certificates of others are held against. */
  readonly caFile: string
}

/** A recipient whose mail waits, as `queue list --json` tells of it. */
export interface Waiting {
  readonly recipient: string
  readonly state: string
  readonly attempts: number
  readonly last: { readonly status: string; readonly text: string; readonly peer?: string } | null
}

export interface Mailstead extends Party {
  /** The authority that it made itself, as it makes one for every user. */
  readonly caFile: string
  /** The certificate that it shows. */
  readonly certificate: X509Certificate
  /** What waits, as it was a moment ago. */
  queue(): Promise<readonly Waiting[]>
  /** A command of the command line, whose output is JSON. */
  ask(...args: readonly string[]): Promise<unknown>
  /** The records that it prints for its domains, as `Names` has them; the MX of lost.x.test is somebody else's server. */
  readonly printed: readonly string[]
  /** What others said to it in sessions in which `text` was said. */
  sessionsWith(text: string): readonly string[]
  /** Ends it, and starts it anew with other mistakes. What waits is dropped. */
  restart(mistakes: readonly Mistake[]): Promise<void>
}

/** A Mailstead as an administrator sets it up, at addresses of its own. */
export async function makeMailstead(setting: MailsteadSetting): Promise<Mailstead> {
  const { name, label, addresses } = setting
  const dir = join(setting.dir, name.toLowerCase().replaceAll(/\W/g, '-'))
  const wire = join(dir, 'wire')
  mkdirSync(wire, { recursive: true })
  const user = `${BOX}@${label}.test`
  writeFileSync(join(dir, 'mailstead.toml'), configuration(setting))
  const command = (...args: readonly string[]): Promise<string> => run(process.execPath, [CLI, ...args, '--data', dir])
  await command('domain', 'add', `${label}.test`)
  const list = join(dir, 'accounts.csv')
  writeFileSync(list, `${user},${PASSWORD},none\n`)
  await command('account', 'import', list)
  let running = await launch(dir, wire, addresses.main)
  await Promise.all([
    command('alias', 'add', `${UTF8_BOX}@${label}.test`, user),
    ...[...['clear', 'wrong', 'sts', 'lost'].map((name) => `${name}.${label}.test`), `${label}.insecure.test`].map(async (domain) => {
      await command('domain', 'add', domain)
      await command('domain', 'catch-all', domain, user)
    }),
  ])
  let box = await openBox(addresses.main, user)
  const ask = async (...args: readonly string[]): Promise<unknown> => JSON.parse(await command(...args, '--json'))
  const queue = shared(() => ask('queue', 'list', '--limit', '1000') as Promise<readonly Waiting[]>)
  const printed = async (domain: string): Promise<readonly string[]> => {
    const records = (await ask('domain', 'records', domain)) as readonly RecordShown[]
    const lost = domain.startsWith('lost.')
    const lines = records.filter(({ type }) => !lost || type !== 'MX').map(({ line }) => zoneRecord(line))
    return lost ? [...lines, `${domain} MX 10 mx.${label === 'a' ? 'b' : 'a'}.test`] : lines
  }
  return {
    name,
    label,
    addresses,
    caFile: join(dir, 'ca.pem'),
    certificate: await certificateAt(addresses.main),
    printed: (await Promise.all([`${label}.test`, `sts.${label}.test`, `lost.${label}.test`].map(printed))).flat(),
    send: (letter) => submitAs(user, addresses.main, letter),
    messages: () => box.messages(),
    queue,
    waiting: async () => (await queue()).map(({ recipient }) => recipient),
    ask,
    story: (messageId) => command('trace', messageId),
    sessionsWith: (text) =>
      readdirSync(wire)
        .filter((file) => file.startsWith('smtp'))
        .map((file) => readFileSync(join(wire, file), 'utf8'))
        .filter((session) => session.includes(text)),
    log: () => readFileSync(join(dir, 'log'), 'utf8'),
    async restart(mistakes) {
      box.close()
      await command('queue', 'drop', '--all', '--yes')
      await running.kill()
      running = await launch(dir, wire, addresses.main, mistakes)
      box = await openBox(addresses.main, user)
    },
    async stop() {
      box.close()
      await running.stop()
    },
  }
}

interface Running {
  stop(): Promise<void>
  /** At once. */
  kill(): Promise<void>
}

async function launch(dir: string, wire: string, address: string, mistakes: readonly Mistake[] = []): Promise<Running> {
  const child = spawn(process.execPath, [CLI, 'serve', '--data', dir, '--wire', wire], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, ...mistaken(mistakes) },
  })
  const ended = once(child, 'exit')
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    child.kill(signal)
    await ended
  }
  await greets(address).catch(async (error: unknown) => {
    await end('SIGKILL')
    throw error
  })
  return { stop: () => end('SIGTERM'), kill: () => end('SIGKILL') }
}

function configuration({ label, dir, name, addresses, dns, trusted = false, policies, caFile }: MailsteadSetting): string {
  const list = (items: readonly string[]): string => `[${items.map((item) => JSON.stringify(item)).join(', ')}]`
  return `host_name = "mx.${label}.test"

[listen]
addresses = ${list([addresses.main])}

[[listener]]
role = "mx"
tls = "none"
addresses = ${list([addresses.clear])}
port = 25

[limits]
message_size = ${LARGEST}

[dns]
servers = ${list(dns.map((address) => (address.includes(':') ? address : `${address}:53`)))}
trusted = ${trusted}
timeout = 2

[outbound]
ca_file = ${JSON.stringify(caFile)}

[mta_sts]
mode = "enforce"

[[certificate]]
cert_file = ${JSON.stringify(policies.chain)}
key_file = ${JSON.stringify(policies.key)}

[[route]]
source_ipv4 = ${JSON.stringify(addresses.main)}

[log]
file = ${JSON.stringify(join(dir, name.toLowerCase().replaceAll(/\W/g, '-'), 'log'))}
`
}

interface RecordShown {
  readonly type: string
  readonly line: string
}

/** A line for a zone file as `Names` has its records: `name. TTL IN TXT "…"`. */
const zoneRecord = (line: string): string => line.replace(/^(\S+?)\.?\s+(?:\d+\s+)?(?:IN\s+)?/, '$1 ')

/** Many ask at once, and a process for each answer would keep the machine busy. */
function shared<T>(ask: () => Promise<T>): () => Promise<T> {
  let answer: Promise<T> | undefined
  return () => {
    answer ??= ask().finally(() => setTimeout(() => (answer = undefined), PAUSE).unref())
    return answer
  }
}

async function certificateAt(host: string): Promise<X509Certificate> {
  const socket = await tlsTo(host, 465)
  const certificate = socket.getPeerX509Certificate()
  socket.destroy()
  if (certificate === undefined) throw new Error(`${host} shows no certificate`)
  return certificate
}

/** Over TLS from the first octet, whoever it may be: what is tested is elsewhere. */
async function tlsTo(host: string, port: number): Promise<ReturnType<typeof connectTls>> {
  const socket = connectTls({ host, port, rejectUnauthorized: false })
  await once(socket, 'secureConnect')
  return socket
}

async function submitAs(user: string, host: string, letter: Letter): Promise<void> {
  const socket = await tlsTo(host, 465)
  try {
    await submit({ reads: socket, says: socket }, { ...letter, login: { user, password: PASSWORD } })
  } finally {
    socket.destroy()
  }
}

interface Box {
  messages(): Promise<readonly string[]>
  close(): void
}

/** INBOX by IMAP; each message is fetched once. */
async function openBox(host: string, user: string): Promise<Box> {
  const socket = await tlsTo(host, 993)
  const imap = new Client(socket)
  await imap.response()
  await imap.ok(`AUTHENTICATE PLAIN ${Buffer.from(`\0${user}\0${PASSWORD}`).toString('base64')}`)
  await imap.ok('EXAMINE INBOX')
  const fetched: string[] = []
  let running: Promise<void> = Promise.resolve()
  /** New mail is told of in any answer, once. */
  const asked = async (command: string): Promise<readonly string[]> => {
    const said = await imap.ok(command)
    for (const line of said) count = Number(/^\* (\d+) EXISTS/.exec(line)?.[1] ?? count)
    return said
  }
  const fetch = async (): Promise<void> => {
    await asked('NOOP')
    if (count <= fetched.length) return
    for (const response of await asked(`FETCH ${fetched.length + 1}:${count} BODY.PEEK[]`)) {
      const [head, size] = /\{(\d+)\}\r\n/.exec(response) ?? []
      if (head === undefined || !response.includes(' FETCH ')) continue
      const from = response.indexOf(head) + head.length
      fetched.push(response.slice(from, from + Number(size)))
    }
  }
  let count = 0
  return {
    async messages() {
      running = running.then(fetch)
      await running
      return fetched
    },
    close: () => socket.destroy(),
  }
}
