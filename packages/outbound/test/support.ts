import { connect, createServer, type Socket } from 'node:net'
import { silentLogger, systemClock, type Clock } from '@mailstead/base'
import { openTls, type TlsStore } from '@mailstead/net'
import { tempDir, type ScriptedPeer } from '@mailstead/testkit'
import type { TestContext } from 'node:test'
import { readFile } from 'node:fs/promises'
import { SmtpConnection, type ConnectionOptions, type Letter, type LetterRecipient } from '@mailstead/outbound'

export const MESSAGE = 'From: ann@example.test\r\nSubject: hello\r\n\r\n.first\r\nlast\r\n'

export interface LetterOptions extends Partial<Omit<Letter, 'recipients' | 'message'>> {
  readonly to?: readonly (string | LetterRecipient)[]
  readonly content?: string | Buffer
}

export function letter({
  to = ['bob@example.net'],
  content = MESSAGE,
  mailFrom = 'ann@example.test',
  parameters = {},
}: LetterOptions = {}): Letter {
  const octets = Buffer.isBuffer(content) ? content : Buffer.from(content, 'latin1')
  return {
    mailFrom,
    parameters,
    recipients: to.map((each) => (typeof each === 'string' ? { recipient: each, parameters: {} } : each)),
    message: { size: octets.length, read: async (offset, length) => octets.subarray(offset, offset + length) },
  }
}

export function plainSocket(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => resolve(socket))
    socket.once('error', reject)
  })
}

/** A connection to the peer, over when the test is. */
export async function opened(
  t: Pick<TestContext, 'after'>,
  peer: ScriptedPeer,
  options: Partial<ConnectionOptions> = {},
  clock: Clock = systemClock,
): Promise<SmtpConnection> {
  const socket = await plainSocket(peer.port)
  const connection = await SmtpConnection.open(socket, {
    host: 'localhost',
    heloName: 'here.example',
    policy: { kind: 'opportunistic' },
    clock,
    ...options,
  })
  t.after(() => connection.destroy())
  return connection
}

/** A certificate of an own authority for `localhost`, and that authority. */
export async function testTls(
  t: Pick<TestContext, 'after'>,
  names: readonly string[] = ['localhost'],
): Promise<{ store: TlsStore; authority: string }> {
  const dir = await tempDir(t)
  const store = await openTls({ dir, hostName: names[0] ?? 'localhost', names: [...names], log: silentLogger, clock: systemClock })
  t.after(() => store.close())
  return { store, authority: await readFile(`${dir}/ca.pem`, 'utf8') }
}

export async function closedPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' && address !== null ? address.port : 0
}
