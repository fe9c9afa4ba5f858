/**
 * SEARCH over one large mailbox, with its messages in the search index, and where the index cannot help (two letters).
 *
 *   npm run bench -- search [--messages 10000] [--runs 5]
 */
import { parseArgs } from 'node:util'
import { setTimeout as sleep } from 'node:timers/promises'
import { makeServer, mailstead } from '../test/interop/server.ts'
import { ImapClient, percentile, SmtpClient } from './clients.ts'

const { values } = parseArgs({
  args: process.argv.slice(2),
  options: { messages: { type: 'string', default: '10000' }, runs: { type: 'string', default: '5' } },
})
const messages = Number(values.messages)
const domain = 'bench.test'
const address = `user@${domain}`

/** `rare7` stands in one message of a hundred, `the` in all, the others in none. */
const SEARCHES = [
  'SUBJECT "rare7"',
  'SUBJECT "message"',
  'SUBJECT "no such words"',
  'FROM "person7@"',
  'BODY "rare7"',
  'BODY "the"',
  'BODY "no such words"',
  'TEXT "rare7"',
  'TEXT "no such words"',
  'OR BODY "rare7" SUBJECT "rare9"',
  'BODY "zq"',
  'TEXT "zq"',
]

const WORDS =
  'the of and to in that it was for on are with as they be at one have this from or had by hot word but what some we can out other were all'.split(
    ' ',
  )

/** About 4 KiB of words, the same for the same number. */
function message(number: number): string {
  let state = number + 1
  const word = (): string => {
    state = (state * 48_271) % 2_147_483_647
    return state % 3 === 0 ? state.toString(36) : (WORDS[state % WORDS.length] ?? '')
  }
  const rare = `rare${number % 100}`
  const lines = Array.from({ length: 60 }, () => Array.from({ length: 12 }, word).join(' ').replaceAll('zq', 'qz'))
  return [
    `From: Person ${number % 50} <person${number % 50}@else.test>`,
    `To: user@${domain}`,
    `Subject: message ${number} about ${rare}`,
    'Date: Tue, 3 Mar 2026 10:00:00 +0000',
    `Message-ID: <${number}@else.test>`,
    'Content-Type: text/plain; charset=utf-8',
    '',
    `${rare} at the beginning`,
    ...lines,
    '',
  ].join('\r\n')
}

/** Messages a second, over ten connections. */
async function deliverAll(port: number): Promise<number> {
  const start = performance.now()
  let next = 0
  const one = async (): Promise<void> => {
    const smtp = await SmtpClient.open(port)
    while (next < messages) {
      const reply = await smtp.deliver('sender@else.test', [address], message(next++))
      if (!reply.startsWith('250')) throw new Error(reply)
    }
  }
  await Promise.all(Array.from({ length: 10 }, one))
  return messages / ((performance.now() - start) / 1000)
}

/** Seconds until all is indexed. */
async function waitForIndex(dir: string): Promise<number> {
  const start = performance.now()
  while ((JSON.parse(mailstead(dir, ['status', '--json'])) as { store: { unindexed: number } }).store.unindexed > 0) await sleep(100)
  return (performance.now() - start) / 1000
}

const server = await makeServer(domain, { [address]: 'secret' }, '100G')
await server.start()
try {
  const deliver = await deliverAll(server.ports.smtp)
  console.log(`${messages} messages delivered, ${deliver.toFixed(0)}/s on ten connections, indexed at the same time`)
  const client = await ImapClient.open(server.ports.imaps, server.caFile, address, 'secret')
  await client.command('SELECT INBOX')
  const settled = await waitForIndex(server.dir)
  console.log(`indexed ${settled.toFixed(1)} s after the last one`)
  for (const search of SEARCHES) {
    const times: number[] = []
    for (let run = 0; run < Number(values.runs); run++) {
      const start = performance.now()
      await client.command(`SEARCH ${search}`)
      times.push(performance.now() - start)
    }
    console.log(`SEARCH ${search.padEnd(36)} p50 ${percentile(times, 0.5).toFixed(1)} ms   max ${percentile(times, 1).toFixed(1)} ms`)
  }
} finally {
  await server.stop()
  server.remove()
}
process.exit(0)
