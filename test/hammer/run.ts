/**
 * Sessions hammer one mailbox of a real server, and every answer is held against what all of them were told (packages/imap/test/hammer).
 *
 *   npm run hammer -- [--minutes 1] [--sessions 10] [--seed N] [--beside] [--trace FILE]
 *
 * --beside: POP3 clients read and remove messages of the same mailbox, SMTP and LMTP clients deliver to it.
 *
 *   npm run hammer -- --plant NAME    a mistake between server and clients (plants.ts), which has to be seen; `all`: each in turn
 */
import { AssertionError } from 'node:assert'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { connect } from 'node:net'
import { parseArgs } from 'node:util'
import { Client } from '../../packages/imap/test/client.ts'
import { hammer, type Report } from '../../packages/imap/test/hammer/run.ts'
import { loggedErrors, mailstead, makeServer } from '../interop/server.ts'
import { deliver } from './deliver.ts'
import { maildrop } from './maildrop.ts'
import { NO_PLANT, PLANTS, type Plant } from './plants.ts'
import { startProxy } from './proxy.ts'

const { values } = parseArgs({
  args: process.argv.slice(2),
  options: {
    minutes: { type: 'string', default: '1' },
    sessions: { type: 'string', default: '10' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    beside: { type: 'boolean', default: false },
    trace: { type: 'string' },
    plant: { type: 'string' },
  },
})
const DOMAIN = 'hammer.test'
/** Rounds that a mistake may stay unseen, as it takes some luck to meet it, and their length (ms). */
const ROUNDS = 10
const ROUND = 3000

const seed = Number(values.seed)
console.log(`seed ${seed}`)
const trace = values.trace === undefined ? undefined : createWriteStream(values.trace)
process.env['MAILSTEAD_AUTH_PLAINTEXT'] = 'loopback'
const server = await makeServer(DOMAIN, { [`ann@${DOMAIN}`]: 'secret', [`other@${DOMAIN}`]: 'secret' })
process.env['MAILSTEAD_PORTS_LMTP'] = '24'
await server.start('--log-level', 'warn')
const ports: Ports = { imap: server.ports.imap, smtp: server.ports.smtp, pop3: server.ports.pop3, lmtp: server.portBase + 24 }

async function logIn(port: number, user: string): Promise<Client> {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  const client = new Client(socket)
  await client.response()
  await client.ok(`LOGIN ${user} secret`)
  return client
}

interface Ports {
  readonly imap: number
  readonly smtp: number
  readonly lmtp: number
  readonly pop3: number
}

interface Run {
  readonly user: string
  readonly ports: Ports
  readonly beside: boolean
  readonly clients: number
  readonly ms: number
  readonly idle: number
}

function run(ofSeed: number, { user, ports: to, beside, clients, ms, idle }: Run): Promise<Report> {
  const end = Date.now() + ms
  return hammer({
    seed: ofSeed,
    clients,
    connect: () => logIn(to.imap, user),
    mailboxes: ['INBOX', 'Archive'],
    goesOn: () => Date.now() < end,
    idle,
    ...(beside ? { beside: others(ofSeed, to, user) } : {}),
    ...(trace === undefined ? {} : { trace: (line: string) => void trace.write(`${line}\n`) }),
  })
}

/** Two clients of POP3, two of SMTP, one of LMTP. */
function others(ofSeed: number, { smtp, lmtp, pop3 }: Ports, user: string): NonNullable<Parameters<typeof hammer>[0]['beside']> {
  const ids = { texts: new Map<string, string>(), removed: new Set<string>() }
  const mailbox = 'INBOX'
  const dropped = { port: pop3, user, password: 'secret', mailbox }
  const delivered = { to: user, mailbox, rest: 300 }
  return [
    (world, goesOn) => maildrop(world, goesOn, ids, { ...dropped, seed: ofSeed + 1 }),
    (world, goesOn) => maildrop(world, goesOn, ids, { ...dropped, seed: ofSeed + 2 }),
    (world, goesOn) => deliver(world, goesOn, { ...delivered, port: smtp, protocol: 'smtp', seed: ofSeed + 3 }),
    (world, goesOn) => deliver(world, goesOn, { ...delivered, port: smtp, protocol: 'smtp', seed: ofSeed + 4 }),
    (world, goesOn) => deliver(world, goesOn, { ...delivered, port: lmtp, protocol: 'lmtp', seed: ofSeed + 5 }),
  ]
}

const NORMAL = { user: `ann@${DOMAIN}`, ports } as const
let accounts = 0

/** The first line of what the hammer says against the mistake; `undefined`: it has not seen it. Each round has an account of its own. */
async function seen({ protocol, fault }: Plant, rounds: number): Promise<string | undefined> {
  const proxy = await startProxy(ports[protocol], fault)
  try {
    for (let round = 0; round < rounds; round++) {
      const user = `user${++accounts}@${DOMAIN}`
      mailstead(server.dir, ['account', 'add', user, '--password-stdin'], 'secret\n')
      try {
        const beside = protocol !== 'imap' || rounds === 1
        await run(seed + round, { ...NORMAL, user, ports: { ...ports, [protocol]: proxy.port }, beside, clients: 5, ms: ROUND, idle: 100 })
      } catch (error) {
        if (error instanceof AssertionError) return error.message.split('\n', 1)[0]
        throw error
      }
    }
    return undefined
  } finally {
    proxy.close()
  }
}

async function plants(names: readonly string[]): Promise<boolean> {
  const innocent = await seen(NO_PLANT, 1)
  if (innocent !== undefined) console.log(`FAIL without a mistake: ${innocent}`)
  let unseen = 0
  for (const name of names) {
    const start = Date.now()
    const plant = PLANTS[name]
    if (plant === undefined) throw new Error(`no plant ${name}; there are ${Object.keys(PLANTS).join(', ')}`)
    const message = await seen(plant, ROUNDS)
    if (message === undefined) unseen++
    const time = ((Date.now() - start) / 1000).toFixed(1)
    console.log(`${message === undefined ? 'FAIL' : 'ok  '} ${name} (${time} s): ${message ?? 'not seen'}`)
  }
  console.log(`${names.length - unseen} of ${names.length} mistakes seen`)
  return unseen === 0 && innocent === undefined
}

async function plain(): Promise<boolean> {
  try {
    const ms = Number(values.minutes) * 60_000
    const report = await run(seed, {
      ...NORMAL,
      beside: values.beside,
      clients: Number(values.sessions),
      ms,
      idle: 1500,
    })
    console.log(
      Object.entries(report)
        .map(([what, count]) => `${count} ${what}`)
        .join(', '),
    )
    return true
  } catch (error) {
    console.log(error instanceof AssertionError ? error.message : error)
    return false
  }
}

let good = false
try {
  good = await (values.plant === undefined ? plain() : plants(values.plant === 'all' ? Object.keys(PLANTS) : [values.plant]))
} catch (error) {
  console.log(error)
}
const errors = loggedErrors(server)
if (errors.length > 0) {
  good = false
  console.log(errors.join('\n'))
}
const code = await server.stop()
if (good && code === 0) server.remove()
else console.log(`the server ended with ${code}; its data and log are kept in ${server.dir}`)
process.exit(good && code === 0 ? 0 : 1)
