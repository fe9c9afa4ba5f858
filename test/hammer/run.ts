/**
 * Sessions hammer one mailbox of a real server, and every answer is held against what all of them were told (packages/imap/test/hammer).
 *
 *   npm run hammer -- [--minutes 10] [--sessions 10] [--seed N] [--trace FILE]
 */
import { AssertionError } from 'node:assert'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { connect } from 'node:net'
import { parseArgs } from 'node:util'
import { Client } from '../../packages/imap/test/client.ts'
import { hammer } from '../../packages/imap/test/hammer/run.ts'
import { makeServer } from '../interop/server.ts'

const { values } = parseArgs({
  args: process.argv.slice(2),
  options: {
    minutes: { type: 'string', default: '1' },
    sessions: { type: 'string', default: '10' },
    trace: { type: 'string' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
})
const seed = Number(values.seed)
console.log(`seed ${seed}`)

const domain = 'hammer.test'
const server = await makeServer(domain, { [`ann@${domain}`]: 'secret' })
process.env['MAILSTEAD_AUTH_PLAINTEXT'] = 'loopback'
await server.start('--log-level', 'warn')

async function logIn(): Promise<Client> {
  const socket = connect(server.ports.imap, '127.0.0.1')
  await once(socket, 'connect')
  const client = new Client(socket)
  await client.response()
  await client.ok(`LOGIN ann@${domain} secret`)
  return client
}

const trace = values.trace === undefined ? undefined : createWriteStream(values.trace)
const end = Date.now() + Number(values.minutes) * 60_000
let failed = false
try {
  const report = await hammer({
    seed,
    clients: Number(values.sessions),
    connect: logIn,
    mailboxes: ['INBOX', 'Archive'],
    goesOn: () => Date.now() < end,
    idle: 1500,
    ...(trace === undefined ? {} : { trace: (line: string) => void trace.write(`${line}\n`) }),
  })
  console.log(JSON.stringify(report))
} catch (error) {
  failed = true
  console.log(error instanceof AssertionError ? error.message : error)
}
const code = await server.stop()
if (!failed && code === 0) server.remove()
else console.log(`the server ended with ${code}; its data and log are kept in ${server.dir}`)
process.exit(failed || code !== 0 ? 1 : 0)
