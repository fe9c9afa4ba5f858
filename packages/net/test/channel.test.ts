import assert from 'node:assert/strict'
import { createHash, X509Certificate } from 'node:crypto'
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import type { ConnectionOptions, TLSSocket } from 'node:tls'
import { silentLogger } from '@mailstead/base'
import { ConnectionGate, listen, openTls, tlsChannel, type OpenTlsOptions, type TlsChannel, type TlsSource } from '../src/index.ts'
import { mailAddresses } from '../src/tls/mail-addresses.ts'
import { echoService, HandClock, handshake, tempDir } from './support.ts'

const CERTIFICATES = join(import.meta.dirname, '../../../test/certificates')
const pem = (name: string): string => readFileSync(join(CERTIFICATES, `${name}.pem`), 'utf8')

async function open(options: Partial<OpenTlsOptions> = {}): ReturnType<typeof openTls> {
  const tls = await openTls({ dir: tempDir(), hostName: 'localhost', log: silentLogger, clock: new HandClock(), ...options })
  after(() => tls.close())
  return tls
}

interface Served {
  /** Both ends of a new connection. */
  readonly meet: (options?: ConnectionOptions) => Promise<{ readonly client: TLSSocket; readonly channel: TlsChannel }>
}

async function serve(tls: TlsSource): Promise<Served> {
  const service = echoService()
  const options = { host: '127.0.0.1', port: 0, service, tls, gate: new ConnectionGate(), log: silentLogger, clock: new HandClock() }
  const listener = await listen(options)
  after(async () => {
    await listener.close()
    await service.drain(0)
  })
  return {
    async meet(client = {}) {
      const socket = await handshake({ host: '127.0.0.1', port: listener.address.port, rejectUnauthorized: false, ...client })
      // The greeting comes once the service has its end.
      await new Promise((resolve) => socket.once('data', resolve))
      const own = service.sockets.at(-1)
      const channel = own === undefined ? undefined : tlsChannel(own)
      assert.ok(channel)
      return { client: socket, channel }
    },
  }
}

const endPoint = (name: string, hash: string): Buffer =>
  createHash(hash)
    .update(new X509Certificate(pem(name)).raw)
    .digest()

test('TLS 1.3 binds by exporter and end point, and both ends see the same', async () => {
  const { meet } = await serve(await open({ certFile: join(CERTIFICATES, 'server-rsa-sha256.pem') }))
  const first = await meet()
  const second = await meet()
  assert.deepEqual(first.channel.bindings, ['tls-exporter', 'tls-server-end-point'])
  for (const { client, channel } of [first, second]) {
    assert.deepEqual(channel.binding('tls-exporter'), client.exportKeyingMaterial(32, 'EXPORTER-Channel-Binding', Buffer.alloc(0)))
    assert.deepEqual(channel.binding('tls-server-end-point'), endPoint('server-rsa-sha256', 'sha256'))
    assert.deepEqual(
      channel.binding('tls-server-end-point'),
      createHash('sha256').update(client.getPeerCertificate().raw).digest(),
      'what the client was shown',
    )
    assert.equal(channel.binding('tls-unique'), undefined)
    assert.equal(channel.binding('nonsense'), undefined)
    assert.equal(channel.certificate, undefined)
  }
  assert.notDeepEqual(first.channel.binding('tls-exporter'), second.channel.binding('tls-exporter'))
})

test('TLS 1.2 binds by its first Finished and the end point, and not when a session is resumed', async () => {
  const { meet } = await serve(await open())
  const { client, channel } = await meet({ maxVersion: 'TLSv1.2' })
  assert.deepEqual(channel.bindings, ['tls-unique', 'tls-server-end-point'])
  assert.deepEqual(channel.binding('tls-unique'), client.getFinished())
  const session = client.getSession()
  assert.ok(session)
  const resumed = await meet({ maxVersion: 'TLSv1.2', session })
  assert.equal(resumed.client.isSessionReused(), true)
  assert.deepEqual(resumed.channel.bindings, [])
})

/** RFC 5929 section 4.1. */
const endPoints: [server: string, hash: string | undefined][] = [
  ['server-ecdsa-sha384', 'sha384'],
  ['server-rsa-sha1', 'sha256'],
  ['server-rsa-pss', undefined],
  ['server-ed25519', undefined],
]
for (const [server, hash] of endPoints) {
  test(`the end point of ${server} is hashed by ${hash ?? 'nothing'}`, async () => {
    const { meet } = await serve(await open({ certFile: join(CERTIFICATES, `${server}.pem`) }))
    const { channel } = await meet()
    assert.deepEqual(channel.binding('tls-server-end-point'), hash === undefined ? undefined : endPoint(server, hash))
    assert.equal(channel.bindings.includes('tls-server-end-point'), hash !== undefined)
  })
}

const clients: [file: string, addresses: string[] | undefined][] = [
  ['ann', ['ann@example.org']],
  ['ann-and-bob', ['ann@example.org', 'bob@example.org']],
  ['ann-by-subject', ['ann@example.org']],
  ['ann-for-servers', undefined],
  ['ann-expired', undefined],
  ['ann-of-another', undefined],
]
test('a client certificate counts when the configured authority has signed it for clients, and is valid', async () => {
  const { meet } = await serve(await open({ clientCaFile: join(CERTIFICATES, 'ca.pem') }))
  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    assert.equal((await meet({ maxVersion })).channel.certificate, undefined, 'none shown')
    for (const [file, addresses] of clients) {
      const { client, channel } = await meet({ maxVersion, cert: pem(file), key: pem(file) })
      assert.deepEqual(channel.certificate?.addresses, addresses, `${maxVersion} ${file}`)
      client.destroy()
    }
  }
})

test('a resumed session still knows the certificate', async () => {
  const { meet } = await serve(await open({ clientCaFile: join(CERTIFICATES, 'ca.pem') }))
  const { client } = await meet({ maxVersion: 'TLSv1.2', cert: pem('ann'), key: pem('ann') })
  const resumed = await meet({ maxVersion: 'TLSv1.2', session: client.getSession() ?? Buffer.alloc(0) })
  assert.equal(resumed.client.isSessionReused(), true)
  assert.deepEqual(resumed.channel.certificate?.addresses, ['ann@example.org'])
})

test('no certificate is asked for unless it is configured, nor where a source does not ask', async () => {
  const certificate = { cert: pem('ann'), key: pem('ann') }
  const without = await serve(await open())
  assert.equal((await without.meet(certificate)).channel.certificate, undefined)
  const tls = await open({ clientCaFile: join(CERTIFICATES, 'ca.pem') })
  const { meet } = await serve({ secureContext: tls.secureContext })
  assert.equal((await meet(certificate)).channel.certificate, undefined)
})

test('the authorities are read again on reload, and a file that holds none is refused by name', async () => {
  const file = join(tempDir(), 'users.pem')
  copyFileSync(join(CERTIFICATES, 'other-ca.pem'), file)
  const tls = await open({ clientCaFile: file })
  const { meet } = await serve(tls)
  const named = async (): Promise<unknown> => (await meet({ cert: pem('ann'), key: pem('ann') })).channel.certificate?.addresses
  assert.equal(await named(), undefined)
  writeFileSync(file, pem('other-ca') + pem('ca'))
  assert.equal(await tls.reload(), true)
  assert.deepEqual(await named(), ['ann@example.org'])
  for (const text of ['', 'no certificate', pem('ann'), pem('ca') + pem('ann')]) {
    writeFileSync(file, text)
    assert.equal(await tls.reload(), false)
    await assert.rejects(open({ clientCaFile: file }), { name: 'TlsError', code: 'invalid', message: /users\.pem/ })
  }
  assert.deepEqual(await named(), ['ann@example.org'], 'the old ones stay')
})

const names: [subject: string, alternatives: string | undefined, addresses: string[]][] = [
  ['CN=Ann', 'DNS:example.org, email:ann@example.org, URI:x', ['ann@example.org']],
  ['CN=x@example.org\nemailAddress=y@example.org', 'email:ann@example.org', ['ann@example.org']],
  ['CN=x@example.org\nemailAddress=y@example.org', 'DNS:example.org', ['y@example.org']],
  ['O=Some\nCN=x@example.org', undefined, ['x@example.org']],
  ['CN=Ann', undefined, []],
  ['O=Some + emailAddress=ann@example.org', undefined, ['ann@example.org']],
  // A name that holds the look of another one is not taken apart.
  ['CN=Ann', 'URI:"http://x/, email:ann@example.org"', []],
  ['CN=Ann', 'email:"eve@example.org, email:ann@example.org"', ['eve@example.org, email:ann@example.org']],
  ['CN=Ann', 'URI:broken", email:ann@example.org', []],
  ['CN=eve\\0AemailAddress=ann@example.org', undefined, []],
]
for (const [subject, subjectAltName, addresses] of names) {
  test(`addresses of ${JSON.stringify([subject, subjectAltName])}`, () => {
    assert.deepEqual(mailAddresses({ subject, subjectAltName }), addresses)
  })
}
