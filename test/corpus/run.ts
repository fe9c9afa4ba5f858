/**
 * The corpus of public mail through a real server: every message is stored, fetched back identical, whole and by all of its
 * part numbers, and described. Before that, what a scanner can be made to spend on a message of 25 MiB.
 *
 *   npm run corpus               all
 *   npm run corpus -- flanker    messages whose name has the word
 */
import { readFileSync } from 'node:fs'
import { connect } from 'node:tls'
import { corpusFolder, corpusMessages, NO_CORPUS, withSeed, type CorpusMessage } from '@mailstead/testkit'
import { FetchClient } from '../../packages/imap/test/fetch-client.ts'
import { makeServer } from '../interop/server.ts'
import { checkStored } from './stored.ts'
import { scanWorstCases } from './worst.ts'

const words = process.argv.slice(2)
if (words.length === 0) scanWorstCases()

const folder = corpusFolder()
if (folder === undefined) {
  console.log(`skip: ${NO_CORPUS}`)
  process.exit(0)
}
const all = [...corpusMessages(folder)].filter(({ name }) => words.length === 0 || words.some((word) => name.includes(word)))
const user = 'ann@corpus.test'
const server = await makeServer('corpus.test', { [user]: 'secret' })
let failed = true
try {
  await server.start()
  const client = new FetchClient(connect({ host: 'localhost', port: server.ports.imaps, ca: readFileSync(server.caFile) }))
  await client.command(`LOGIN ${user} secret`)
  // APPEND of nothing is a refusal (RFC 9051 section 6.3.12), and no literal but literal8 holds NUL.
  const empty = all.filter(({ octets }) => octets.length === 0)
  const binary = all.filter(({ octets }) => octets.includes(0))
  const plain = all.filter((message) => !empty.includes(message) && !binary.includes(message))
  await store(client, plain)
  await client.command('SELECT INBOX')
  await withSeed((random) => checkStored(client, plain, random))
  console.log(`${plain.length} messages stored, fetched back and taken apart; ${empty.length} without an octet left out`)
  await checkBinary(client, binary)
  failed = false
} catch (error) {
  console.log(error)
} finally {
  const code = await server.stop()
  if (code !== 0) console.log(`the server ended with ${code}`)
  failed ||= code !== 0
  if (failed) console.log(`FAIL; the server's data and log are kept in ${server.dir}`)
  else server.remove()
}
process.exit(failed ? 1 : 0)

/** A hundred in one commit. */
async function store(client: FetchClient, messages: readonly CorpusMessage[]): Promise<void> {
  for (let from = 0; from < messages.length; from += 100) {
    const batch = messages.slice(from, from + 100)
    const reply = await client.append(
      'INBOX',
      batch.map(({ octets }) => octets),
    )
    if (!reply.startsWith('OK ')) throw new Error(`${batch[0]?.name} and ${batch.length - 1} more: ${reply}`)
  }
}

/** What holds NUL is stored with base64 in its place, or refused where NUL stands in a header or in what is encoded or signed. */
async function checkBinary(client: FetchClient, messages: readonly CorpusMessage[]): Promise<void> {
  await client.command('CREATE binary')
  const stored: CorpusMessage[] = []
  for (const message of messages) {
    const reply = await client.append('binary', [message.octets], true)
    if (reply.startsWith('OK ')) stored.push(message)
    else if (!reply.startsWith('NO [UNKNOWN-CTE]')) throw new Error(`${message.name}: ${reply}`)
  }
  await client.command('SELECT binary')
  const bodies = await client.fetch('UID FETCH 1:* BODY.PEEK[]')
  const written = stored.map(({ name }, index): CorpusMessage => ({
    name,
    octets: bodies.get(index + 1)?.get('BODY[]') ?? Buffer.alloc(0),
  }))
  for (const { name, octets } of written) if (octets.includes(0)) throw new Error(`${name}: BODY[] holds NUL`)
  await withSeed((random) => checkStored(client, written, random))
  console.log(`${stored.length} messages with NUL stored by APPEND with a literal8, ${messages.length - stored.length} refused`)
}
