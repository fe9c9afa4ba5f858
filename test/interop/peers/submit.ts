import { once } from 'node:events'
import { connect } from 'node:net'
import type { Readable, Writable } from 'node:stream'
import type { Message } from './message.ts'

export interface Letter {
  readonly message: Message
  /** Empty: the null reverse-path. */
  readonly from?: string
  readonly to: readonly string[]
  /** Behind the address of MAIL, and of each RCPT. */
  readonly mailParameters?: string
  readonly rcptParameters?: string
  /** Who logs in before. */
  readonly login?: { readonly user: string; readonly password: string }
}

/** Both ends of what a mail server listens to. */
interface Ends {
  readonly reads: Writable
  readonly says: Readable
}

/** Gives a letter to a mail server as the next hop before it would; throws when it is not taken as a whole. */
export async function submit(
  { reads, says }: Ends,
  { message, from = '', to, mailParameters = '', rcptParameters = '', login }: Letter,
): Promise<void> {
  const replies = repliesOf(says)
  const expect = async (code: string): Promise<void> => {
    const { value = 'nothing' } = await replies.next()
    if (!value.startsWith(code)) throw new Error(`the relay says ${value}`)
  }
  const say = async (line: string, code: string): Promise<void> => {
    reads.write(`${line}\r\n`)
    await expect(code)
  }
  await expect('220')
  await say('EHLO origin.test', '250')
  if (login !== undefined) await say(`AUTH PLAIN ${Buffer.from(`\0${login.user}\0${login.password}`).toString('base64')}`, '235')
  await say(`MAIL FROM:<${from}>${mailParameters}`, '250')
  for (const address of to) await say(`RCPT TO:<${address}>${rcptParameters}`, '250')
  await say('DATA', '354')
  reads.write(message.octets.toString('latin1').replaceAll('\r\n.', '\r\n..'), 'latin1')
  await say('.', '250')
  await say('QUIT', '221')
}

/** The last line of each reply. */
async function* repliesOf(says: Readable): AsyncGenerator<string, undefined> {
  let rest = ''
  for await (const chunk of says) {
    const lines = (rest + String(chunk)).split('\r\n')
    rest = lines.pop() ?? ''
    for (const line of lines) if (/^\d{3}(?: |$)/.test(line)) yield line
  }
  return undefined
}

export async function submitTo(host: string, port: number, letter: Letter): Promise<void> {
  const socket = connect(port, host)
  await once(socket, 'connect')
  try {
    await submit({ reads: socket, says: socket }, letter)
  } finally {
    socket.destroy()
  }
}
