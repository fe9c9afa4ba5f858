/**
 * Peak memory of the server while one large message comes in by SMTP and goes out by IMAP and POP3, and whether it
 * comes back octet for octet.
 *
 *   npm run bench -- memory [--size 41943040]
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { connect as connectTcp } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { parseArgs } from 'node:util'
import { makeServer } from '../test/interop/server.ts'

const { values } = parseArgs({ args: process.argv.slice(2), options: { size: { type: 'string', default: String(40 * 2 ** 20) } } })
const domain = 'bench.test'
const address = `user@${domain}`
const server = await makeServer(domain, { [address]: 'secret' }, '100G')
await server.start()

/** The process's high-water mark of resident memory, KiB; `reset` starts it anew from now. */
const peak = (): number => Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${server.pid}/status`, 'utf8'))?.[1])
const resident = (): number => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${server.pid}/status`, 'utf8'))?.[1])

try {
  const line = Buffer.from(`${'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+/'.repeat(2)}\r\n`)
  const body = Buffer.alloc(Number(values.size), line)
  const message = Buffer.concat([
    Buffer.from('From: <a@b.test>\r\nSubject: large\r\nContent-Transfer-Encoding: base64\r\n\r\n'),
    body,
    Buffer.from('\r\n'),
  ])
  const hash = createHash('sha256').update(message).digest('hex')
  const before = resident()
  console.log(`at rest: ${(before / 1024).toFixed(0)} MiB`)

  let start = performance.now()
  await smtp([
    ['MAIL FROM:<a@b.test>', '250'],
    [`RCPT TO:<${address}>`, '250'],
    ['DATA', '354'],
    [Buffer.concat([message, Buffer.from('.')]), '250'],
  ])
  report('SMTP in', start)

  start = performance.now()
  const imap = await receive(server.ports.imaps, `a LOGIN "${address}" "secret"\r\nb SELECT INBOX\r\nc FETCH 1 BODY.PEEK[]\r\nd LOGOUT\r\n`)
  report('IMAP out', start)
  const literal = /\* 1 FETCH \(BODY\[\] \{(\d+)\}\r\n/.exec(imap.subarray(0, 8192).toString('latin1'))
  const at = (literal?.index ?? 0) + (literal?.[0].length ?? 0)
  same('IMAP', imap.subarray(at, at + Number(literal?.[1])))

  start = performance.now()
  const pop3 = await receive(server.ports.pop3s, `USER ${address}\r\nPASS secret\r\nRETR 1\r\nQUIT\r\n`)
  report('POP3 out', start)
  const from = pop3.indexOf('\r\n', pop3.indexOf('Return-Path') - 8) + 2
  same('POP3', pop3.subarray(from, pop3.lastIndexOf('\r\n.\r\n') + 2))

  function same(what: string, got: Buffer): void {
    const tail = got.subarray(got.length - message.length)
    const ok = createHash('sha256').update(tail).digest('hex') === hash
    console.log(`${what}: ${ok ? 'identical' : 'DIFFERENT'} after ${got.length - message.length} octets that we prepend`)
    if (!ok) process.exitCode = 1
  }
  function report(what: string, since: number): void {
    console.log(
      `${what}: ${((performance.now() - since) / 1000).toFixed(2)} s, peak growth so far ${((peak() - before) / 1024).toFixed(0)} MiB`,
    )
  }
} finally {
  await server.stop()
  server.remove()
}

async function smtp(steps: readonly (readonly [string | Buffer, string])[]): Promise<void> {
  const socket = connectTcp(server.ports.smtp, '127.0.0.1')
  const reply = (code: string): Promise<void> =>
    new Promise((resolve, reject) => {
      let text = ''
      const take = (chunk: Buffer): void => {
        text += chunk.toString('latin1')
        if (!/^\d{3} .*\r\n$/m.test(text)) return
        socket.off('data', take)
        if (text.startsWith(code)) resolve()
        else reject(new Error(text))
      }
      socket.on('data', take)
    })
  await reply('220')
  for (const [what, code] of [['EHLO x', '250'] as const, ...steps]) {
    const answer = reply(code)
    socket.write(what)
    socket.write('\r\n')
    await answer
  }
  socket.destroy()
}

/** Everything the server says to a pipelined script over TLS, until it closes. */
function receive(port: number, script: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = connectTls({ port, host: '127.0.0.1', servername: 'localhost', ca: readFileSync(server.caFile) })
    const chunks: Buffer[] = []
    socket.on('data', (chunk: Buffer) => chunks.push(chunk))
    socket.on('end', () => resolve(Buffer.concat(chunks)))
    socket.on('error', reject)
    socket.write(script)
  })
}
