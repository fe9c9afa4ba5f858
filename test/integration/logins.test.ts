/** Every mechanism on every protocol, against the whole server over TLS. */
import assert from 'node:assert/strict'
import { createHash, X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { connect as connectPlain, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { suite, test, type TestContext } from 'node:test'
import { connect as connectTls, type ConnectionOptions } from 'node:tls'
import { silentLogger } from '@mailstead/base'
import { loadConfig } from '@mailstead/config'
import { compose, type MailServer } from '@mailstead/server'
import { ScramClient, tempDir, type ScramClientOptions } from '@mailstead/testkit'
import { LoginClient, type LoginProtocol } from './login-client.ts'

const CERTIFICATES = join(import.meta.dirname, '../certificates')
const pem = (name: string): string => readFileSync(join(CERTIFICATES, `${name}.pem`), 'utf8')

const PROTOCOLS: readonly LoginProtocol[] = ['imap', 'pop3', 'smtp']
const ROLE = { imap: 'imaps', pop3: 'pop3s', smtp: 'submissions' } as const
const PASSWORD = 'ann secret'

interface Site {
  readonly server: MailServer
  readonly connect: (protocol: LoginProtocol, options?: ConnectionOptions) => Promise<LoginClient>
}

async function site(t: Pick<TestContext, 'after'>, settings: Readonly<Record<string, unknown>>): Promise<Site> {
  const values = { data_dir: await tempDir(t), port_base: 10_000, host_name: 'localhost', ...settings }
  const overrides = Object.fromEntries(Object.entries(values).map(([path, value]) => [path, { value, option: 'test' }]))
  const server = await compose(loadConfig({ overrides }).config, { anyPort: true, log: silentLogger })
  t.after(() => server.stop())
  await server.admin.accounts.addDomain('example.org')
  for (const name of ['ann', 'bob']) {
    await server.admin.accounts.add({ address: `${name}@example.org`, password: `${name} secret`, quota: undefined })
  }
  await server.start()
  const ports = new Map(server.facts().listeners.map(({ role, port }) => [role, port]))
  const ca = readFileSync(server.facts().caFile ?? '')
  return {
    server,
    async connect(protocol, options = {}) {
      const client = await LoginClient.connect(protocol, { port: ports.get(ROLE[protocol]) ?? 0, ca, ...options })
      t.after(() => client.socket.destroy())
      return client
    },
  }
}

const PLUS = ['SCRAM-SHA-256-PLUS', 'SCRAM-SHA-256', 'SCRAM-SHA-1-PLUS', 'SCRAM-SHA-1', 'PLAIN', 'LOGIN']

/** How a client would bind to the connection that it has. */
const BINDINGS: Record<string, (client: LoginClient) => Uint8Array> = {
  'tls-exporter': ({ socket }) => socket.exportKeyingMaterial(32, 'EXPORTER-Channel-Binding', Buffer.alloc(0)),
  'tls-server-end-point': ({ socket }) => createHash('sha256').update(socket.getPeerCertificate().raw).digest(),
  'tls-unique': ({ socket }) => socket.getFinished() ?? Buffer.alloc(0),
}

async function scram(client: LoginClient, name: string, options: Partial<ScramClientOptions> = {}): Promise<boolean> {
  const hash = name.includes('SHA-256') ? 'SHA-256' : 'SHA-1'
  const user = new ScramClient({ hash, user: 'ann@example.org', password: PASSWORD, ...options })
  const { granted } = await client.logIn(
    name,
    (challenge) => {
      if (challenge === '') return user.first()
      if (challenge.startsWith('r=')) return user.final(challenge)
      assert.equal(challenge, user.expected, 'the server knows the password too')
      return ''
    },
    options.user === undefined ? user.first() : undefined,
  )
  await client.quit()
  return granted
}

suite('SCRAM', () => {
  for (const protocol of PROTOCOLS) {
    test(protocol, async (t) => {
      const { connect } = await site(t, { 'auth.scram': true, 'auth.scram_sha1': true })
      assert.deepEqual((await connect(protocol)).offered, PLUS)
      for (const hash of ['SHA-256', 'SHA-1']) {
        assert.equal(await scram(await connect(protocol), `SCRAM-${hash}`), true, hash)
        assert.equal(await scram(await connect(protocol), `SCRAM-${hash}`, { user: 'ann' }), true, `${hash} without initial response`)
        assert.equal(await scram(await connect(protocol), `SCRAM-${hash}`, { password: 'wrong' }), false, `${hash} wrong`)
        assert.equal(await scram(await connect(protocol), `SCRAM-${hash}`, { user: 'nobody' }), false, `${hash} nobody`)
        assert.equal(await scram(await connect(protocol), `SCRAM-${hash}`, { header: 'y,,' }), false, `${hash} downgraded`)
      }
      const versions = [
        ['TLSv1.3', ['tls-exporter', 'tls-server-end-point']],
        ['TLSv1.2', ['tls-unique', 'tls-server-end-point']],
      ] as const
      for (const [maxVersion, types] of versions) {
        for (const type of types) {
          const client = await connect(protocol, { maxVersion })
          const binding = BINDINGS[type]?.(client) ?? Buffer.alloc(0)
          const header = `p=${type},,`
          assert.equal(await scram(client, 'SCRAM-SHA-256-PLUS', { header, binding }), true, `${maxVersion} ${type}`)
          // What was true of one connection is not of the next: this is what a man in the middle would bring.
          if (type !== 'tls-server-end-point') {
            assert.equal(await scram(await connect(protocol, { maxVersion }), 'SCRAM-SHA-256-PLUS', { header, binding }), false, type)
          }
        }
      }
    })
  }
})

test('who knows a name from the answers of SCRAM knows it by chance', async (t) => {
  const { connect } = await site(t, { 'auth.scram': true })
  const lines = new Set<string>()
  for (const user of ['ann', 'nobody', 'no name at all']) {
    const client = await connect('imap')
    const login = new ScramClient({ hash: 'SHA-256', user, password: 'wrong' })
    const { line } = await client.logIn('SCRAM-SHA-256', (challenge) => login.final(challenge), login.first())
    lines.add(line)
  }
  assert.deepEqual([...lines], ['a NO [AUTHENTICATIONFAILED] Wrong user name or password'])
})

test('SCRAM is off by default', async (t) => {
  const { connect } = await site(t, {})
  for (const protocol of PROTOCOLS) {
    const client = await connect(protocol)
    assert.deepEqual(client.offered, ['PLAIN', 'LOGIN'])
    assert.equal((await client.logIn('SCRAM-SHA-256', () => '*', 'n,,n=ann,r=x')).granted, false)
  }
})

test('EXTERNAL', async (t) => {
  const { connect } = await site(t, { 'auth.client_ca_file': join(CERTIFICATES, 'ca.pem') })
  const by = (name: string): ConnectionOptions => ({ cert: pem(name), key: pem(name) })
  for (const protocol of PROTOCOLS) {
    const external = async (name: string, authorize?: string): Promise<boolean> => {
      const client = await connect(protocol, by(name))
      const { granted } = await client.logIn('EXTERNAL', () => authorize ?? '', authorize)
      await client.quit()
      return granted
    }
    assert.deepEqual((await connect(protocol, by('ann'))).offered, ['PLAIN', 'LOGIN', 'EXTERNAL'])
    assert.equal(await external('ann'), true)
    assert.equal(await external('ann', ''), true)
    assert.equal(await external('ann', 'ann@example.org'), true)
    assert.equal(await external('ann', 'bob@example.org'), false)
    assert.equal(await external('ann-and-bob'), false)
    assert.equal(await external('ann-and-bob', 'bob@example.org'), true)
    assert.equal(await external('ann-by-subject'), true)
    for (const name of ['ann-of-another', 'ann-expired', 'ann-for-servers']) {
      const client = await connect(protocol, by(name))
      assert.deepEqual(client.offered, ['PLAIN', 'LOGIN'], name)
      assert.equal((await client.logIn('EXTERNAL', () => '', '')).granted, false, name)
    }
    assert.deepEqual((await connect(protocol)).offered, ['PLAIN', 'LOGIN'], 'without a certificate')
  }
})

/** Octets that a client with a certificate sends for a handshake by STARTTLS. */
async function handshakeCost(port: number): Promise<number> {
  const raw = connectPlain(port, '127.0.0.1')
  const answer = async (last: RegExp): Promise<void> => {
    for (let text = ''; !last.test(text);) text += String((await once(raw, 'data'))[0])
  }
  await answer(/^220 /m)
  raw.write('EHLO client.example\r\n')
  await answer(/^250 /m)
  raw.write('STARTTLS\r\n')
  await answer(/^220 /m)
  const before = raw.bytesWritten
  const client = connectTls({ socket: raw, servername: 'localhost', rejectUnauthorized: false, cert: pem('ann'), key: pem('ann') })
  await once(client, 'secureConnect')
  client.write('NOOP\r\n')
  await once(client, 'data')
  const cost = raw.bytesWritten - before
  client.destroy()
  return cost
}

test('other servers are not asked for a certificate', async (t) => {
  const { server } = await site(t, { 'auth.client_ca_file': join(CERTIFICATES, 'ca.pem') })
  const ports = new Map(server.facts().listeners.map(({ role, port }) => [role, port]))
  const [mx, submission] = [await handshakeCost(ports.get('mx') ?? 0), await handshakeCost(ports.get('submission') ?? 0)]
  const size = new X509Certificate(pem('ann')).raw.length
  assert.ok(mx + size < submission, `${mx} octets to the MX, ${submission} to submission, of which a certificate takes ${size}`)
})

/** A provider that knows one token, as RFC 7662 has it. */
async function provider(t: Pick<TestContext, 'after'>): Promise<Readonly<Record<string, unknown>>> {
  const server = createServer((request, response) => {
    void request.toArray().then((pieces) => {
      const known = new URLSearchParams(Buffer.concat(pieces).toString()).get('token') === 'token-of-ann'
      response.end(JSON.stringify(known ? { active: true, email: 'ann@example.org', scope: 'mail' } : { active: false }))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const secret = join(await tempDir(t), 'secret')
  writeFileSync(secret, 'shared secret\n')
  return {
    'oauth.introspection_url': `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    'oauth.client_id': 'mailstead',
    'oauth.client_secret_file': secret,
    'oauth.scope': 'mail',
  }
}

test('OAUTHBEARER and XOAUTH2', async (t) => {
  const { connect } = await site(t, await provider(t))
  const messages: [mechanism: string, message: (token: string, name: string) => string, last: string][] = [
    ['OAUTHBEARER', (token, name) => `n,a=${name},\x01host=localhost\x01auth=Bearer ${token}\x01\x01`, '\x01'],
    ['XOAUTH2', (token, name) => `user=${name}\x01auth=Bearer ${token}\x01\x01`, ''],
  ]
  for (const protocol of PROTOCOLS) {
    for (const [mechanism, message, last] of messages) {
      const told: string[] = []
      const logIn = async (token: string, name: string): Promise<boolean> => {
        const client = await connect(protocol)
        assert.deepEqual(client.offered, ['PLAIN', 'LOGIN', 'OAUTHBEARER', 'XOAUTH2'])
        const respond = (challenge: string): string => (told.push(challenge), last)
        const { granted } = await client.logIn(mechanism, respond, message(token, name))
        await client.quit()
        return granted
      }
      assert.equal(await logIn('token-of-ann', 'ann@example.org'), true)
      assert.deepEqual(told, [])
      assert.equal(await logIn('token-of-ann', 'bob@example.org'), false)
      assert.equal(await logIn('stale', 'ann@example.org'), false)
      assert.deepEqual(
        told.map((error) => (JSON.parse(error) as { scope: string }).scope),
        ['mail', 'mail'],
      )
    }
  }
})

test('a secret that cannot be read keeps the server from starting, by name', async (t) => {
  const settings = { ...(await provider(t)), 'oauth.client_secret_file': '/nowhere/secret' }
  await assert.rejects(site(t, settings), { name: 'StartError', code: 'secret', message: /\/nowhere\/secret/ })
})
