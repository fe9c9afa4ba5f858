/**
 * How long after the 250 an idling client hears of the message, with many clients idling.
 *
 *   npm run bench -- push [--messages 1000] [--idle 100] [--size 5120]
 */
import { parseArgs } from 'node:util'
import { makeServer } from '../test/interop/server.ts'
import { ImapClient, percentile, SmtpClient } from './clients.ts'

const { values } = parseArgs({
  args: process.argv.slice(2),
  options: {
    messages: { type: 'string', default: '1000' },
    idle: { type: 'string', default: '100' },
    size: { type: 'string', default: '5120' },
  },
})
const messages = Number(values.messages)
const idle = Number(values.idle)
const domain = 'bench.test'
const address = `user@${domain}`
const server = await makeServer(domain, { [address]: 'secret' }, '100G')
await server.start()
try {
  const clients: ImapClient[] = []
  for (let n = 0; n < idle; n++) {
    const client = await ImapClient.open(server.ports.imaps, server.caFile, address, 'secret')
    await client.command('SELECT INBOX')
    await client.idle()
    clients.push(client)
  }
  const smtp = await SmtpClient.open(server.ports.smtp)
  const filler = `${'x'.repeat(70)}\r\n`.repeat(Math.ceil(Number(values.size) / 72))
  const first: number[] = []
  const last: number[] = []
  const delays: number[] = []
  const accept: number[] = []
  for (let n = 1; n <= messages; n++) {
    const seen: number[] = []
    const told = clients.map((client) => client.client.line((line) => line === `* ${n} EXISTS`).then(() => seen.push(performance.now())))
    const start = performance.now()
    const reply = await smtp.deliver('sender@else.test', [address], `Subject: ${n}\r\n\r\n${filler}`)
    const taken = performance.now()
    if (!reply.startsWith('250')) throw new Error(reply)
    await Promise.all(told)
    accept.push(taken - start)
    first.push(Math.max(0, (seen[0] ?? Number.NaN) - taken))
    last.push(Math.max(0, (seen.at(-1) ?? Number.NaN) - taken))
    for (const at of seen) delays.push(Math.max(0, at - taken))
  }
  const row = (name: string, figures: readonly number[]): string =>
    `${name.padEnd(36)} p50 ${percentile(figures, 0.5).toFixed(2)} ms   p99 ${percentile(figures, 0.99).toFixed(2)} ms   max ${percentile(figures, 1).toFixed(2)} ms`
  console.log(`${messages} messages of ${values.size} octets, ${idle} clients idling on one mailbox`)
  console.log(row('MAIL FROM to 250', accept))
  console.log(row('250 to EXISTS, first client', first))
  console.log(row('250 to EXISTS, every client', delays))
  console.log(row('250 to EXISTS, last client', last))
} finally {
  await server.stop()
  server.remove()
}
process.exit(0)
