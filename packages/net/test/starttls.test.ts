import assert from 'node:assert/strict'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { after, test } from 'node:test'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { silentLogger, systemClock, type Clock } from '@mailstead/base'
import { openTls, upgradeToTls } from '../src/index.ts'
import { HANDSHAKE_TIME } from '../src/limits.ts'
import { client, HandClock, tempDir } from './support.ts'

const tls = await openTls({ dir: tempDir(), hostName: 'mail.example.org', log: silentLogger, clock: systemClock })
after(() => tls.close())

const onData = (socket: Socket, upgrade: () => void): void => void socket.on('data', upgrade)

/** Takes the first line only: what came behind it stays in the socket's own buffer. */
const onLine = (socket: Socket, upgrade: () => void): void =>
  void socket.once('readable', () => {
    assert.equal(String(socket.read('STARTTLS\r\n'.length)), 'STARTTLS\r\n')
    assert.ok(socket.readableLength > 0)
    upgrade()
  })

/** Upgrades at the first line it reads, then records what comes encrypted. */
async function upgradingServer(clock: Clock = systemClock, listen: (socket: Socket, upgrade: () => void) => void = onData) {
  const outcome = Promise.withResolvers<TLSSocket>()
  outcome.promise.catch(() => {})
  const encrypted: string[] = []
  const server = createServer({ noDelay: true, allowHalfOpen: true }, (socket) => {
    socket.on('error', () => {})
    listen(socket, () => {
      upgradeToTls(socket, tls, { goAhead: 'OK begin\r\n', clock }).then((secure) => {
        secure.on('error', () => {})
        secure.on('data', (chunk: Buffer) => {
          encrypted.push(chunk.toString())
          secure.write(`got ${chunk.toString()}`)
        })
        outcome.resolve(secure)
      }, outcome.reject)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  after(() => server.close())
  const socket = connect({ host: '127.0.0.1', port: (server.address() as AddressInfo).port })
  return { socket, plain: client(socket), outcome: outcome.promise, encrypted }
}

function secured(socket: Socket): Promise<TLSSocket> {
  socket.removeAllListeners('data')
  return new Promise((resolve, reject) => {
    const secure = connectTls({ socket, rejectUnauthorized: false }, () => resolve(secure))
    secure.once('error', reject)
  })
}

test('STARTTLS: the reply in clear, all else encrypted', async () => {
  const { socket, plain, outcome } = await upgradingServer()
  socket.write('STARTTLS\r\n')
  assert.equal(await plain.until('OK begin\r\n'), 'OK begin\r\n')
  const secure = client(await secured(socket))
  secure.socket.write('hello')
  await secure.until('got hello')
  assert.equal((await outcome).encrypted, true)
  secure.socket.destroy()
  await secure.closed
})

test('STARTTLS: commands sent along in clear never reach the session', async () => {
  for (const listen of [onData, onLine]) {
    const { socket, plain, encrypted } = await upgradingServer(systemClock, listen)
    socket.write('STARTTLS\r\nRCPT TO:<injected@example.org>\r\n')
    await plain.until('OK begin\r\n')
    const secure = client(await secured(socket))
    secure.socket.write('hello')
    await secure.until('got hello')
    assert.deepEqual(encrypted, ['hello'])
    secure.socket.destroy()
    await secure.closed
  }
})

test('STARTTLS: clear text after the reply breaks the handshake', async () => {
  const { socket, plain, outcome, encrypted } = await upgradingServer()
  socket.write('STARTTLS\r\n')
  await plain.until('OK begin\r\n')
  socket.write('RCPT TO:<injected@example.org>\r\n')
  await assert.rejects(outcome, { name: 'HandshakeError', code: 'failed' })
  await plain.closed
  assert.deepEqual(encrypted, [])
})

test('STARTTLS: a client that stays silent is cut, one that leaves is noticed', async () => {
  const clock = new HandClock()
  const silent = await upgradingServer(clock)
  silent.socket.write('STARTTLS\r\n')
  await silent.plain.until('OK begin\r\n')
  await new Promise((resolve) => setTimeout(resolve, 0))
  clock.advance(HANDSHAKE_TIME)
  await assert.rejects(silent.outcome, { name: 'HandshakeError', code: 'timeout' })
  await silent.plain.closed

  const leaving = await upgradingServer()
  leaving.socket.write('STARTTLS\r\n')
  await leaving.plain.until('OK begin\r\n')
  leaving.socket.destroy()
  await assert.rejects(leaving.outcome, { name: 'HandshakeError', code: 'closed' })
})

test('STARTTLS: a client that has said all before the reply is not waited for', async () => {
  for (const listen of [onData, onLine]) {
    const { socket, plain, outcome } = await upgradingServer(new HandClock(), listen)
    socket.end('STARTTLS\r\nNOOP\r\n')
    await assert.rejects(outcome, { name: 'HandshakeError', code: 'closed' })
    await plain.closed
  }
  const { socket, plain, outcome } = await upgradingServer(new HandClock())
  socket.write('STARTTLS\r\n')
  await plain.until('OK begin\r\n')
  socket.end()
  await assert.rejects(outcome, { name: 'HandshakeError', code: 'closed' })
  await plain.closed
})

test('a broken record after the handshake ends the connection', async () => {
  const { socket, plain, outcome } = await upgradingServer()
  socket.write('STARTTLS\r\n')
  await plain.until('OK begin\r\n')
  await secured(socket)
  const server = await outcome
  const closed = new Promise((resolve) => server.once('close', resolve))
  socket.write('\x17\x03\x03\x00\x10sixteen octets!!')
  await closed
})
