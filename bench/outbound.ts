/**
 * Mail for other servers, beside Postfix: from the first MAIL of its senders until all of it is settled in the queue.
 *
 *   npm run bench:outbound -- [--quick] [--runs 3] [--only NAME,…] [--servers mailstead|postfix] [--dir DIR] [--out FILE] [--publish]
 */
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { compileGenerator, type Figures, runGenerator } from './generator.ts'
import type { Operation } from './operations.ts'
import { DEFERRED, OUTBOUND, SIGNED } from './outbound-operations.ts'
import { readOptions } from './options.ts'
import { makeMailstead } from './servers/mailstead.ts'
import { makePostfix } from './servers/postfix.ts'
import { DOMAIN, freePorts, PASSWORD, type Server, stopAll, stopWhenEnded, up } from './servers/server.ts'
import { type Bench, conclude, takeTurns } from './turns.ts'

/** Destinations, each an address of loopback. */
const DESTINATIONS = 100

/** RSA and Ed25519. */
const SIGNATURES = 2

const values = readOptions()
const dir = values.dir ?? mkdtempSync(join(tmpdir(), 'mailstead-bench-'))
mkdirSync(dir, { recursive: true })
chmodSync(dir, 0o755)

interface Sender extends Server {
  /** Whether everything has left that can. */
  settled(): boolean
  /** The same, but that it signs what leaves. */
  readonly signing?: Sender
}

const only = values.only?.split(',')
const operations = OUTBOUND.filter(({ name }) => only === undefined || only.includes(name))
const generator = compileGenerator(dir)
const [sink = 0, nobody = 0, smtp = 0] = await freePorts(3)
/** Domain → address and port. The first dead one refuses, the second says nothing. */
const ways = new Map<string, string>([
  ...Array.from({ length: DESTINATIONS }, (_, n) => [`d${String(n).padStart(3, '0')}.far.test`, `127.0.1.${n + 1}:${sink}`] as const),
  ['dead0.far.test', `127.0.2.1:${nobody}`],
  ['dead1.far.test', `127.0.2.2:${sink + 1}`],
])
const names = values.servers?.split(',') ?? ['mailstead', 'postfix']
const makers: Readonly<Record<string, () => Promise<Sender>>> = {
  mailstead: async () => ({ ...(await ours('sending', false)), signing: await ours('signing', true) }),
  postfix: theirs,
}
const senders: Sender[] = []
for (const [name, make] of Object.entries(makers)) if (names.includes(name)) senders.push(await make())
const everyone = senders.flatMap((sender) => (sender.signing === undefined ? [sender] : [sender, sender.signing]))
stopWhenEnded(everyone)
const filled = new Set<Sender>()
try {
  for (const sender of everyone) await up(sender)
  const bench: Bench = { kind: 'outbound', values, operations, servers: senders, attempt }
  process.exitCode = conclude(bench, await takeTurns(bench))
} finally {
  await stopAll(everyone)
}
if (values.dir === undefined) rmSync(dir, { recursive: true, force: true })

async function ours(folder: string, sign: boolean): Promise<Sender> {
  const data = join(dir, folder)
  const routes = [...ways].flatMap(([domain, server]) => ['[[route]]', `to = ["${domain}"]`, `servers = ["${server}"]`])
  const settings = ['[outbound]', 'send = true', `sign = ${sign}`, '[sending]', 'hour = 0', 'day = 0', 'alert = 0', ...routes]
  const server = await makeMailstead('mailstead', 'Mailstead', data, { settings, accounts: 1, submission: true })
  return {
    ...server,
    settled() {
      const database = new DatabaseSync(join(data, 'mail.db'), { readOnly: true })
      const left = database.prepare("SELECT count(*) AS lanes FROM queue_lane WHERE domain NOT LIKE 'dead%'").get()
      database.close()
      return left?.['lanes'] === 0
    },
  }
}

async function theirs(): Promise<Sender> {
  const data = join(dir, 'postfix')
  mkdirSync(data, { recursive: true })
  const map = [...ways].map(([domain, server]) => `${domain}=smtp:[${server.replace(':', ']:')}`).join(', ')
  const postfix = makePostfix(data, smtp, { transport_maps: `inline:{ ${map} }` })
  return {
    name: 'postfix',
    title: 'Postfix',
    ports: { smtp, imap: 0, imaps: 0, pop3: 0 },
    accounts: { user: 'u%04d', recipient: `u%04d@${DOMAIN}`, password: PASSWORD },
    login: false,
    async start() {
      postfix.start()
    },
    async stop() {
      postfix.stop()
    },
    roots: () => [postfix.root()],
    forget: async () => {},
    settled: () =>
      ['maildrop', 'incoming', 'active'].every((name) =>
        readdirSync(join(postfix.queue, name), { recursive: true, withFileTypes: true }).every(
          (entry) => !entry.isFile() || !goesOut(join(entry.parentPath, entry.name)),
        ),
      ),
  }
}

/** Whether a queue file still holds a message that can leave. */
function goesOut(file: string): boolean {
  try {
    return /@d\d+\.far\.test/.test(readFileSync(file, 'latin1'))
  } catch {
    return false // It has left since it was listed.
  }
}

async function attempt(operation: Operation, server: Server): Promise<readonly Figures[]> {
  const beside = server as Sender
  const sender = operation === SIGNED ? (beside.signing ?? beside) : beside
  const signatures = sender === beside.signing ? SIGNATURES : 0
  if (operation.name === DEFERRED.name && !filled.has(sender)) {
    filled.add(sender)
    const fill = ['defer', '--messages', values.quick ? '100' : '1000', '--per-message', '100', '--connections', '4', '--size', '2000']
    const [deferred] = await runGenerator(generator, sender, fill)
    console.error(`${deferred?.['recipients']} recipients wait in ${sender.title}`)
  }
  const quick = values.quick ? Object.entries(operation.quick ?? {}).flatMap(([name, value]) => [`--${name}`, String(value)]) : []
  const found = await runGenerator(
    generator,
    sender,
    [...operation.run, '--sink', String(sink), '--signatures', String(signatures), ...quick],
    {
      settled: async () => {
        while (!sender.settled()) await wait(10)
      },
    },
  )
  return found
}
