/** Who sends and reads mail as one should, beside all others, in a process of its own. */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect as connectTls } from 'node:tls'
import { performance } from 'node:perf_hooks'
import { seeded, type Random } from '@mailstead/testkit'
import { Client } from '../../packages/imap/test/client.ts'

export interface HonestOptions {
  readonly seed: number
  readonly ports: { readonly smtp: number; readonly imap: number; readonly pop3: number }
  readonly user: string
  readonly password: string
  readonly caFile: string
}

/** What became of it. Times in ms. */
export interface HonestReport {
  /** Messages answered with 250, by their Message-ID. */
  readonly accepted: readonly string[]
  /** Why others were not. */
  readonly refused: readonly string[]
  /** From connecting to 250. */
  readonly sending: readonly number[]
  /** From the final dot to 250. */
  readonly accepting: readonly number[]
  /** A look into the mailbox, by protocol. */
  readonly imap: readonly number[]
  readonly pop3: readonly number[]
  readonly failures: readonly string[]
}

const SENDERS = 5
const { seed, ports, user, password, caFile } = JSON.parse(process.argv[2] ?? '{}') as HonestOptions
const report = {
  accepted: [] as string[],
  refused: [] as string[],
  sending: [] as number[],
  accepting: [] as number[],
  imap: [] as number[],
  pop3: [] as number[],
  failures: [] as string[],
}
const authority = readFileSync(caFile)
const run = { goesOn: true }
let number = 0
process.once('disconnect', () => process.exit())

process.once('message', () => {
  run.goesOn = false
})
const all = Array.from({ length: SENDERS }, (_, i) => sender(seeded(seed * 100 + i), i === 0))
await Promise.all([...all, reader(seeded(seed * 100 + 50)), dropper(seeded(seed * 100 + 51))])
process.send?.(report satisfies HonestReport, () => process.disconnect())

function why(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

async function sender(random: Random, encrypted: boolean): Promise<void> {
  while (run.goesOn) {
    await sleep(200 + random.int(600))
    const id = `<${++number}.${seed}@honest.test>`
    const start = performance.now()
    try {
      report.accepting.push(await send(id, random, encrypted))
      report.sending.push(performance.now() - start)
      report.accepted.push(id)
    } catch (error) {
      report.refused.push(`${id}: ${why(error)}`)
    }
  }
}

/** One message by a connection of its own; how long the final dot waited for its 250. */
async function send(id: string, random: Random, encrypted: boolean): Promise<number> {
  let socket: Socket = connect(ports.smtp, '127.0.0.1')
  await once(socket, 'connect')
  // Else this side would keep its final dot until the message was acknowledged, and that acknowledgement may take its 40 ms.
  socket.setNoDelay(true)
  let client = new Client(socket)
  const expect = async (code: string): Promise<void> => {
    let answer: string | undefined
    do answer = await client.response()
    while (answer?.[3] === '-')
    if (answer?.startsWith(code) !== true) throw new Error(`${code} was expected, and ${answer ?? 'nothing'} came`)
  }
  const say = (text: string, code: string): Promise<void> => {
    client.send(`${text}\r\n`)
    return expect(code)
  }
  try {
    await expect('220')
    await say('EHLO honest.test', '250')
    if (encrypted) {
      await say('STARTTLS', '220')
      socket.removeAllListeners('data')
      socket = connectTls({ socket, ca: authority, servername: 'localhost' })
      await once(socket, 'secureConnect')
      client = new Client(socket)
      await say('EHLO honest.test', '250')
    }
    await say('MAIL FROM:<friend@elsewhere.test>', '250')
    await say(`RCPT TO:<${user}>`, '250')
    await say('DATA', '354')
    client.send(`Subject: honest\r\nMessage-ID: ${id}\r\n\r\n${'A line of an honest message.\r\n'.repeat(1 + random.int(200))}`)
    const start = performance.now()
    await say('.', '250')
    const waited = performance.now() - start
    await say('QUIT', '221')
    return waited
  } finally {
    socket.destroy()
  }
}

/** Keeps one IMAP connection, and looks what has come. */
async function reader(random: Random): Promise<void> {
  const socket = connect(ports.imap, '127.0.0.1')
  await once(socket, 'connect')
  const client = new Client(socket)
  try {
    await client.response()
    await client.ok(`LOGIN ${user} ${password}`)
    while (run.goesOn) {
      const start = performance.now()
      const exists = (await client.ok('EXAMINE INBOX')).some((response) => /^\* [1-9]\d* EXISTS/.test(response))
      if (exists) await client.ok('FETCH * (UID FLAGS BODY.PEEK[HEADER])')
      report.imap.push(performance.now() - start)
      await sleep(500 + random.int(1000))
    }
  } catch (error) {
    report.failures.push(`IMAP: ${why(error)}`)
  }
  socket.destroy()
}

/** Comes again and again by POP3, as most mail programs do. */
async function dropper(random: Random): Promise<void> {
  while (run.goesOn) {
    const socket = connect(ports.pop3, '127.0.0.1')
    try {
      await once(socket, 'connect')
      const start = performance.now()
      const client = new Client(socket)
      for (const command of ['', `USER ${user}`, `PASS ${password}`, 'STAT', 'QUIT']) {
        if (command !== '') client.send(`${command}\r\n`)
        const answer = (await client.response()) ?? 'nothing'
        if (!answer.startsWith('+OK')) throw new Error(`${command.slice(0, 4)}: ${answer}`)
      }
      report.pop3.push(performance.now() - start)
    } catch (error) {
      report.failures.push(`POP3: ${why(error)}`)
    }
    socket.destroy()
    await sleep(2000 + random.int(2000))
  }
}
