/**
 * Deliveries under SIGKILL: several clients deliver without pause, the server is killed at random moments and
 * started again, and at the end every message that was answered with 250 is in every one of its mailboxes once.
 * A message whose 250 was never seen may be there once, or not at all; in all of its mailboxes or in none.
 *
 *   npm run crash -- [--rounds 10] [--seed N] [--clients 6]
 */
import { ImapFlow } from 'imapflow'
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { SmtpClient } from '../../bench/clients.ts'
import { makeServer } from '../interop/server.ts'

const { values } = parseArgs({
  args: process.argv.slice(2),
  options: {
    rounds: { type: 'string', default: '10' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    clients: { type: 'string', default: '6' },
  },
})
let seed = Number(values.seed)
/** Park and Miller's generator: the same kills for the same seed, as far as timing allows. */
const random = (): number => (seed = (seed * 48271) % 2147483647) / 2147483647
console.log(`seed ${values.seed}`)

const domain = 'crash.test'
const users = ['ann', 'ben', 'cid'].map((name) => `${name}@${domain}`)
const server = await makeServer(domain, Object.fromEntries(users.map((user) => [user, 'secret'])), '100G')
const attempted = new Set<string>()
const acknowledged = new Set<string>()
const run = { stopping: false }
let count = 0
let failures = 0

async function deliverForever(): Promise<void> {
  while (!run.stopping) {
    try {
      const smtp = await SmtpClient.open(server.ports.smtp)
      for (;;) {
        if (run.stopping) return smtp.close()
        const id = `m${++count}`
        attempted.add(id)
        const filler = `${'y'.repeat(70)}\r\n`.repeat(Math.floor(random() ** 4 * 8000))
        const reply = await smtp.deliver(
          'sender@else.test',
          users,
          `Subject: ${id}\r\nMessage-ID: <${id}@else.test>\r\n\r\n${filler}end\r\n`,
        )
        if (reply.startsWith('250')) acknowledged.add(id)
      }
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 20)) // killed: again
    }
  }
}

await server.start()
const clients = Array.from({ length: Number(values.clients) }, deliverForever)
for (let round = 0; round < Number(values.rounds); round++) {
  await new Promise((resolve) => setTimeout(resolve, 100 + random() * 900))
  await server.kill()
  await server.start()
}
run.stopping = true
await Promise.all(clients)

const boxes = await Promise.all(users.map(subjects))
for (const id of attempted) {
  const counts = boxes.map((box) => box.get(id) ?? 0)
  const all = counts.every((n) => n === 1)
  const none = counts.every((n) => n === 0)
  if (all || (none && !acknowledged.has(id))) continue
  failures++
  console.log(`${id}: ${acknowledged.has(id) ? 'acknowledged' : 'not acknowledged'}, found ${counts.join(', ')} times`)
}
for (const box of boxes) for (const id of box.keys()) if (!attempted.has(id)) failures++
const code = await server.stop()
console.log(`${values.rounds} kills, ${attempted.size} messages tried, ${acknowledged.size} acknowledged, ${failures} wrong`)
if (failures === 0 && acknowledged.size > 0 && code === 0) server.remove()
else console.log(`the data is kept in ${server.dir}`)
process.exit(failures === 0 && acknowledged.size > 0 ? 0 : 1)

/** How often each subject stands in a user's INBOX, seen through an ordinary client. */
async function subjects(user: string): Promise<Map<string, number>> {
  const client = new ImapFlow({
    host: 'localhost',
    port: server.ports.imaps,
    secure: true,
    auth: { user, pass: 'secret' },
    tls: { ca: readFileSync(server.caFile) },
    logger: false,
  })
  await client.connect()
  const found = new Map<string, number>()
  const lock = await client.getMailboxLock('INBOX')
  for await (const message of client.fetch('1:*', { envelope: true })) {
    const subject = message.envelope?.subject ?? ''
    found.set(subject, (found.get(subject) ?? 0) + 1)
  }
  lock.release()
  await client.logout()
  return found
}
