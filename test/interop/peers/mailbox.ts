import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { Client } from '../../../packages/imap/test/client.ts'
import type { RealServer } from '../server.ts'

const PAUSE = 50

/**
 * The octets of each message of INBOX, one character each, oldest first, once there are `count` of them; the same by POP3. Throws when
 * that takes more than `patience` ms, and when there are more.
 */
export async function messagesOf(server: RealServer, user: string, password: string, count: number, patience: number): Promise<string[]> {
  const imap = await opened(server.ports.imap)
  await imap.response()
  const login = Buffer.from(`\0${user}\0${password}`).toString('base64')
  await imap.ok(`AUTHENTICATE PLAIN ${login}`)
  const end = Date.now() + patience
  let exists = 0
  do {
    if (exists > 0 || Date.now() > end - patience + PAUSE) await new Promise((resolve) => setTimeout(resolve, PAUSE))
    exists = Number(/^\* (\d+) EXISTS/m.exec((await imap.ok('EXAMINE INBOX')).join('\n'))?.[1])
  } while (exists < count && Date.now() < end)
  assert.equal(exists, count, `messages for ${user}`)
  const fetched = count === 0 ? [] : await imap.ok('FETCH 1:* BODY.PEEK[]')
  const messages = fetched.filter((response) => response.includes(' FETCH ')).map(literalOf)
  imap.socket.destroy()
  assert.deepEqual((await maildropOf(server.ports.pop3, login)).sort(), [...messages].sort(), `POP3 gives ${user} other octets than IMAP`)
  return messages
}

function literalOf(response: string): string {
  const [head = '', size] = /\{(\d+)\}\r\n/.exec(response) ?? []
  const from = response.indexOf(head) + head.length
  return response.slice(from, from + Number(size))
}

/** Every message of the maildrop, one after another. */
async function maildropOf(port: number, login: string): Promise<string[]> {
  const socket = connect(port, '127.0.0.1')
  let chunks: Buffer[] = []
  let wake = (): void => {}
  socket.on('data', (chunk: Buffer) => {
    chunks.push(chunk)
    wake()
  })
  for (const event of ['close', 'error']) socket.on(event, () => wake())
  /** What comes until it ends with `last`, without it. */
  const until = async (last: string): Promise<string> => {
    while (!Buffer.concat(chunks.slice(-last.length)).toString('latin1').endsWith(last)) {
      if (socket.destroyed) throw new Error('POP3 has ended')
      await new Promise<void>((resolve) => (wake = resolve))
    }
    const said = Buffer.concat(chunks).toString('latin1')
    chunks = []
    assert.match(said, /^\+OK/)
    return said.slice(0, -last.length)
  }
  await until('\r\n')
  // Without it UTF-8 in the header would come in other words (RFC 6856).
  socket.write('UTF8\r\n')
  await until('\r\n')
  socket.write(`AUTH PLAIN ${login}\r\n`)
  await until('\r\n')
  socket.write('STAT\r\n')
  const count = Number((await until('\r\n')).split(' ')[1])
  const messages: string[] = []
  for (let number = 1; number <= count; number++) {
    socket.write(`RETR ${number}\r\n`)
    const said = await until('\r\n.\r\n')
    messages.push(`${said.slice(said.indexOf('\r\n') + 2)}\r\n`.replaceAll('\r\n.', '\r\n'))
  }
  socket.destroy()
  return messages
}

async function opened(port: number): Promise<Client> {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  return new Client(socket)
}
