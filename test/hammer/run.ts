/**
 * Sessions hammer one mailbox of a real server, and every answer is held against what all of them were told (packages/imap/test/hammer).
 *
 *   npm run hammer -- [--minutes 1] [--sessions 10] [--seed N] [--trace FILE]
 *   npm run hammer -- --plant NAME    a mistake between server and clients (plants.ts), which has to be seen; `all`: each in turn
 */
import { AssertionError } from 'node:assert'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { connect } from 'node:net'
import { parseArgs } from 'node:util'
import { Client } from '../../packages/imap/test/client.ts'
import { hammer, type Report } from '../../packages/imap/test/hammer/run.ts'
import { makeServer } from '../interop/server.ts'
import { PLANTS } from './plants.ts'
import { startProxy } from './proxy.ts'

const { values } = parseArgs({
  args: process.argv.slice(2),
  options: {
    minutes: { type: 'string', default: '1' },
    sessions: { type: 'string', default: '10' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
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
const server = await makeServer(DOMAIN, { [`ann@${DOMAIN}`]: 'secret' })
await server.start('--log-level', 'warn')

async function logIn(port: number): Promise<Client> {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  const client = new Client(socket)
  await client.response()
  await client.ok(`LOGIN ann@${DOMAIN} secret`)
  return client
}

interface Run {
  readonly port: number
  readonly clients: number
  readonly ms: number
  readonly idle: number
  readonly mailboxes: readonly [string, string]
}

function run(ofSeed: number, { port, clients, ms, idle, mailboxes }: Run): Promise<Report> {
  const end = Date.now() + ms
  return hammer({
    seed: ofSeed,
    clients,
    connect: () => logIn(port),
    mailboxes,
    goesOn: () => Date.now() < end,
    idle,
    ...(trace === undefined ? {} : { trace: (line: string) => void trace.write(`${line}\n`) }),
  })
}

/** The first line of what the hammer says against the mistake; `undefined`: it has not seen it. */
async function seen(plant: string): Promise<string | undefined> {
  const fault = PLANTS[plant]
  if (fault === undefined) throw new Error(`no plant ${plant}; there are ${Object.keys(PLANTS).join(', ')}`)
  const proxy = await startProxy(server.ports.imap, fault)
  try {
    for (let round = 0; round < ROUNDS; round++) {
      const mailboxes = [`${plant}-${round}`, `${plant}-${round}-other`] as const
      const maker = await logIn(server.ports.imap)
      for (const mailbox of mailboxes) await maker.ok(`CREATE ${mailbox}`)
      maker.socket.destroy()
      try {
        await run(seed + round, { port: proxy.port, clients: 5, ms: ROUND, idle: 100, mailboxes })
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
  let unseen = 0
  for (const name of names) {
    const start = Date.now()
    const message = await seen(name)
    if (message === undefined) unseen++
    console.log(
      `${message === undefined ? 'FAIL' : 'ok  '} ${name} (${((Date.now() - start) / 1000).toFixed(1)} s): ${message ?? 'not seen'}`,
    )
  }
  console.log(`${names.length - unseen} of ${names.length} mistakes seen`)
  return unseen === 0
}

async function plain(): Promise<boolean> {
  try {
    const ms = Number(values.minutes) * 60_000
    const report = await run(seed, {
      port: server.ports.imap,
      clients: Number(values.sessions),
      ms,
      idle: 1500,
      mailboxes: ['INBOX', 'Archive'],
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
const code = await server.stop()
if (good && code === 0) server.remove()
else console.log(`the server ended with ${code}; its data and log are kept in ${server.dir}`)
process.exit(good && code === 0 ? 0 : 1)
