import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { copyFileSync, readFileSync, rmSync, statSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { silentLogger } from '@mailstead/base'
import { ConnectionGate, listen, openTls, type Listener, type OpenTlsOptions, type TlsSource } from '../src/index.ts'
import { CA_LIFE, FILE_POLL, LEAF_LIFE, RENEW_BEFORE } from '../src/limits.ts'
import { certificateNames } from '../src/tls/names.ts'
import { echoService, HandClock, handshake, has, memoryLog, tempDir, type LogLine } from './support.ts'

const DAY = 24 * 60 * 60 * 1000

/** Certificates are checked against the real time by real clients, so the hand-driven clock starts there. */
function presentClock(): HandClock {
  const clock = new HandClock()
  clock.advance(Date.now() - clock.now())
  return clock
}

async function own(options: Partial<OpenTlsOptions> = {}) {
  const dir = options.dir ?? tempDir()
  const clock = presentClock()
  const lines: LogLine[] = []
  const all: OpenTlsOptions = { dir, hostName: 'mail.example.org', log: memoryLog(lines), clock, ...options }
  const tls = await openTls(all)
  after(() => tls.close())
  return { dir, clock, lines, tls, all }
}

async function serve(tls: TlsSource): Promise<Listener> {
  const service = echoService()
  const listener = await listen({
    host: '127.0.0.1',
    port: 0,
    service,
    tls,
    gate: new ConnectionGate(),
    log: silentLogger,
    clock: new HandClock(),
  })
  after(async () => {
    await listener.close()
    await service.drain(0)
  })
  return listener
}

const fingerprintSeen = async ({ address }: Listener): Promise<string> => {
  const socket = await handshake({ host: '127.0.0.1', port: address.port, rejectUnauthorized: false })
  const { fingerprint256 } = socket.getPeerCertificate()
  socket.destroy()
  return fingerprint256
}

test('the first run makes an authority and a certificate that a real client trusts', async () => {
  const { dir, tls } = await own({ names: ['box.lan', '192.0.2.5', 'jörg.example', 'no_host'] })
  const ca = readFileSync(join(dir, 'ca.pem'), 'utf8')
  assert.doesNotMatch(ca, /PRIVATE/)
  assert.equal(statSync(join(dir, 'ca.pem')).mode & 0o777, 0o644)
  for (const file of ['ca-key.pem', 'server.pem']) assert.equal(statSync(join(dir, 'tls', file)).mode & 0o777, 0o600)
  const listener = await serve(tls)
  for (const servername of ['mail.example.org', 'localhost', 'box.lan', 'xn--jrg-sna.example']) {
    const socket = await handshake({ host: '127.0.0.1', port: listener.address.port, servername, ca })
    assert.equal(socket.authorized, true, servername)
    assert.equal(socket.getProtocol(), 'TLSv1.3')
    socket.destroy()
  }
  const byAddress = await handshake({ host: '127.0.0.1', port: listener.address.port, ca })
  byAddress.destroy()
  await assert.rejects(handshake({ host: '127.0.0.1', port: listener.address.port, servername: 'other.example.org', ca }))
  assert.deepEqual(tls.describe().names, [
    'mail.example.org',
    'box.lan',
    '192.0.2.5',
    'xn--jrg-sna.example',
    'localhost',
    '127.0.0.1',
    '0:0:0:0:0:0:0:1',
  ])
})

test('the certificates hold what RFC 5280 asks', { skip: !has('openssl') && 'openssl is not installed' }, async () => {
  const { dir, tls, clock } = await own()
  const caFile = join(dir, 'ca.pem')
  const leafFile = join(dir, 'tls', 'server.pem')
  const openssl = (...args: string[]): string => {
    const { status, stdout, stderr } = spawnSync('openssl', args, { encoding: 'utf8' })
    assert.equal(status, 0, stderr + stdout)
    return stdout
  }
  openssl('verify', '-x509_strict', '-purpose', 'sslserver', '-verify_hostname', 'mail.example.org', '-CAfile', caFile, leafFile)
  openssl('verify', '-x509_strict', '-verify_ip', '::1', '-CAfile', caFile, leafFile)
  const ca = openssl('x509', '-in', caFile, '-noout', '-text')
  assert.match(ca, /Version: 3/)
  assert.match(ca, /X509v3 Basic Constraints: critical\s+CA:TRUE, pathlen:0/)
  assert.match(ca, /X509v3 Key Usage: critical\s+Certificate Sign, CRL Sign/)
  assert.match(ca, /X509v3 Subject Key Identifier/)
  const leaf = openssl('x509', '-in', leafFile, '-noout', '-text')
  assert.match(leaf, /X509v3 Basic Constraints: critical\s+CA:FALSE/)
  assert.match(leaf, /X509v3 Key Usage: critical\s+Digital Signature\s/)
  assert.match(leaf, /TLS Web Server Authentication/)
  assert.match(leaf, /ASN1 OID: prime256v1/)
  assert.match(leaf, /ecdsa-with-SHA256/)
  const keyId = /Subject Key Identifier:\s+([0-9A-F:]+)/.exec(ca)?.[1]
  assert.ok(leaf.replace(/keyid:/, '').includes(`Authority Key Identifier: \n                ${keyId}`))
  const serial = /Serial Number:\s+([0-9a-f:]+)/.exec(leaf)?.[1]?.split(':') ?? []
  assert.equal(serial.length, 16)
  assert.ok(Number.parseInt(serial[0] ?? '', 16) < 0x80)
  const { notBefore, notAfter } = tls.describe()
  assert.ok(notBefore.getTime() < clock.now())
  assert.ok(notAfter.getTime() - notBefore.getTime() <= LEAF_LIFE)
  const authority = new X509Certificate(readFileSync(caFile))
  assert.ok(authority.validToDate.getTime() - clock.now() > CA_LIFE - 2 * DAY)
})

test('a second start serves what the first one made', async () => {
  const { all, tls, dir } = await own()
  const ca = readFileSync(join(dir, 'ca.pem'))
  const again = await own(all)
  assert.equal(again.tls.describe().fingerprint, tls.describe().fingerprint)
  assert.deepEqual(readFileSync(join(dir, 'ca.pem')), ca)
})

test('another name makes a new certificate under the old authority', async () => {
  const { all, tls, dir } = await own()
  const ca = readFileSync(join(dir, 'ca.pem'))
  const again = await own({ ...all, names: ['imap.example.org'] })
  assert.notEqual(again.tls.describe().fingerprint, tls.describe().fingerprint)
  assert.deepEqual(readFileSync(join(dir, 'ca.pem')), ca)
})

test('a lost or broken file is made anew, and a new authority is said aloud', async () => {
  const { all, dir } = await own()
  writeFileSync(join(dir, 'tls', 'server.pem'), 'broken')
  const repaired = await own({ ...all, log: silentLogger })
  assert.ok(repaired.tls.describe().fingerprint)
  unlinkSync(join(dir, 'tls', 'ca-key.pem'))
  const lines: LogLine[] = []
  const kept = await own({ ...all, log: memoryLog(lines) })
  assert.equal(kept.tls.describe().fingerprint, repaired.tls.describe().fingerprint)
  await own({ ...all, hostName: 'other.example.org', log: memoryLog(lines) })
  assert.ok(lines.some(({ level, event }) => level === 'warn' && event.includes('import it again')))
})

test('its own certificate is renewed in good time while the server runs', async () => {
  const { clock, tls, dir } = await own()
  const listener = await serve(tls)
  const first = await fingerprintSeen(listener)
  const ca = readFileSync(join(dir, 'ca.pem'))
  clock.advance(LEAF_LIFE - RENEW_BEFORE - 2 * DAY)
  await tls.reload()
  assert.equal(await fingerprintSeen(listener), first)
  clock.advance(3 * DAY)
  await tls.reload()
  assert.notEqual(await fingerprintSeen(listener), first)
  assert.deepEqual(readFileSync(join(dir, 'ca.pem')), ca)
})

test('past 2049 the dates are still right', async () => {
  const clock = new HandClock()
  clock.advance(Date.UTC(2049, 5, 1) - clock.now())
  const { tls } = await own({ clock })
  assert.equal(tls.describe().notAfter.getUTCFullYear(), 2050)
})

/** A folder with two pairs, made by two installations. */
async function twoPairs() {
  const [one, two] = await Promise.all([own(), own()])
  const dir = tempDir()
  const file = join(dir, 'fullchain.pem')
  copyFileSync(join(one.dir, 'tls', 'server.pem'), file)
  return { dir, file, second: join(two.dir, 'tls', 'server.pem'), one: one.tls.describe().fingerprint, two: two.tls.describe().fingerprint }
}

test('given files are served, and a changed one to the next handshake', async () => {
  const { file, second, one, two } = await twoPairs()
  const { tls, clock } = await own({ certFile: file })
  const listener = await serve(tls)
  assert.equal(tls.describe().source, 'files')
  assert.equal(await fingerprintSeen(listener), one)
  copyFileSync(second, file)
  for (let turn = 0; turn < 200 && tls.describe().fingerprint === one; turn++) {
    clock.advance(FILE_POLL)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  assert.equal(await fingerprintSeen(listener), two)
})

test('a broken new file keeps the old certificate and says why', async () => {
  const { file, second, one, two } = await twoPairs()
  const { tls, lines } = await own({ certFile: file })
  for (const text of ['no certificate', readFileSync(file, 'utf8').replace(/-----BEGIN PRIVATE[^]*/, '')]) {
    writeFileSync(file, text)
    assert.equal(await tls.reload(), false)
  }
  rmSync(file)
  assert.equal(await tls.reload(), false)
  assert.equal(tls.describe().fingerprint, one)
  assert.equal(lines.filter(({ level }) => level === 'error').length, 3)
  copyFileSync(second, file)
  assert.equal(await tls.reload(), true)
  assert.equal(tls.describe().fingerprint, two)
})

test('a certificate with another key is refused at the start, by name', async () => {
  const { file, second } = await twoPairs()
  const pem = (path: string, kind: string): string =>
    new RegExp(`-----BEGIN ${kind}-----[^]*?-----END ${kind}-----\n`).exec(readFileSync(path, 'utf8'))?.[0] ?? ''
  const dir = tempDir()
  const [certFile, keyFile] = [join(dir, 'cert.pem'), join(dir, 'key.pem')]
  writeFileSync(certFile, pem(file, 'CERTIFICATE'))
  writeFileSync(keyFile, pem(second, 'PRIVATE KEY'))
  await assert.rejects(own({ certFile, keyFile }), { name: 'TlsError', code: 'invalid', message: new RegExp(keyFile) })
  writeFileSync(keyFile, pem(file, 'PRIVATE KEY'))
  assert.ok((await own({ certFile, keyFile })).tls.describe().fingerprint)
  await assert.rejects(own({ certFile: join(dir, 'none.pem') }), { name: 'TlsError', code: 'unreadable', message: /none\.pem/ })
})

test('a folder that takes no files is named', async () => {
  const dir = tempDir()
  writeFileSync(join(dir, 'tls'), 'a file where the folder belongs')
  await assert.rejects(own({ dir }), { name: 'TlsError', message: new RegExp(dir) })
})

test('TLS 1.2 is spoken, 1.1 is not, and sessions resume', async () => {
  const { tls } = await own()
  const { address } = await serve(tls)
  const to = { host: '127.0.0.1', port: address.port, rejectUnauthorized: false }
  const old = { ...to, ciphers: 'ALL:@SECLEVEL=0' }
  await assert.rejects(handshake({ ...old, minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1' }))
  await assert.rejects(handshake({ ...to, maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-SHA' }))
  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    const first = await handshake({ ...to, maxVersion })
    assert.equal(first.getProtocol(), maxVersion)
    const ticket = new Promise<Buffer>((resolve) => first.once('session', resolve))
    first.resume()
    const session = maxVersion === 'TLSv1.2' ? first.getSession() : await ticket
    assert.ok(session)
    const second = await handshake({ ...to, maxVersion, session })
    assert.equal(second.isSessionReused(), true, maxVersion)
    first.destroy()
    second.destroy()
  }
})

const NAMES: [host: string, names: string[], expected: string[]][] = [
  ['mail.example.org', [], ['mail.example.org', 'localhost', '127.0.0.1', '::1']],
  ['localhost', ['Box.LAN', 'box.lan'], ['localhost', 'box.lan', '127.0.0.1', '::1']],
  ['bücher.example', ['-bad', 'a..b', ''], ['xn--bcher-kva.example', 'localhost', '127.0.0.1', '::1']],
  ['192.0.2.1', ['2001:db8::1'], ['192.0.2.1', '2001:db8::1', 'localhost', '127.0.0.1', '::1']],
]
for (const [host, names, expected] of NAMES) {
  test(`a certificate for ${host} ${names.join(' ')}`, () => assert.deepEqual(certificateNames(host, names), expected))
}
