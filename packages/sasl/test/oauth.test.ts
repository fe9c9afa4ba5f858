import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findMechanism, mechanismsFor, type Credentials, type LoginContext, type Step, type TokenResult } from '../src/index.ts'

const channel = { bindings: [], binding: () => undefined, certificate: undefined }
const context: LoginContext = { protocol: 'imap', secure: true, channel, remoteAddress: '127.0.0.1', session: 's1' }
const granted: TokenResult = { ok: true, identity: { account: 1, address: 'user@example.com' } }
const refused: TokenResult = { ok: false, failure: 'bad-credentials' }

/** The token of RFC 7628 section 4.1. */
const TOKEN = 'vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg=='

function provider(): { asked: string[][]; credentials: Credentials } {
  const asked: string[][] = []
  return {
    asked,
    credentials: {
      checkPassword: () => Promise.resolve({ ok: false, failure: 'bad-credentials' }),
      tokens: {
        async checkToken(token, authorize) {
          asked.push([token, authorize])
          if (token === 'later') return { ok: false, failure: 'unavailable' }
          if (token === TOKEN) return granted
          const discovery = 'https://example.com/.well-known/openid-configuration'
          return { ...refused, error: { status: 'invalid_token', scope: 'example_scope', 'openid-configuration': discovery } }
        },
      },
    },
  }
}

async function play(mechanism: string, responses: readonly (string | undefined)[]): Promise<{ steps: unknown[]; asked: string[][] }> {
  const { asked, credentials } = provider()
  const exchange = findMechanism(mechanism, credentials, context)?.start(credentials, context)
  assert.ok(exchange)
  const steps: unknown[] = []
  for (const response of responses) steps.push(shown(await exchange.next(response === undefined ? undefined : Buffer.from(response))))
  return { steps, asked }
}

const shown = (step: Step): unknown => (step.kind === 'challenge' ? Buffer.from(step.data).toString() : step.result)

const decoded = (base64: string): string => Buffer.from(base64, 'base64').toString()

test('OAUTHBEARER: the example of RFC 7628 section 4.1', async () => {
  const response = decoded(
    'bixhPXVzZXJAZXhhbXBsZS5jb20sAWhvc3Q9c2VydmVyLmV4YW1wbGUuY29tAXBvcnQ9MTQzAWF1dGg9QmVhcmVyIHZGOWRmdDRxbVRjMk52YjNSbGNrQmhiSFJoZG1semRHRXVZMjl0Q2c9PQEB',
  )
  assert.deepEqual(await play('OAUTHBEARER', [response]), { steps: [granted], asked: [[TOKEN, 'user@example.com']] })
  assert.deepEqual((await play('OAUTHBEARER', [undefined, response])).steps, ['', granted])
})

test('OAUTHBEARER: the failure of section 4.3, by which a client asks for the scope', async () => {
  const response = decoded('bixhPXVzZXJAZXhhbXBsZS5jb20sAWhvc3Q9c2VydmVyLmV4YW1wbGUuY29tAXBvcnQ9MTQzAWF1dGg9AQE=')
  const { steps, asked } = await play('OAUTHBEARER', [response, '\x01', '\x01'])
  assert.deepEqual(asked, [['', 'user@example.com']])
  const [error, ...rest] = steps
  assert.deepEqual(JSON.parse(String(error)), {
    status: 'invalid_token',
    scope: 'example_scope',
    'openid-configuration': 'https://example.com/.well-known/openid-configuration',
  })
  assert.deepEqual(rest, [refused, { ok: false, failure: 'malformed' }])
})

test('a provider in trouble is said at once', async () => {
  const { steps } = await play('OAUTHBEARER', ['n,,\x01auth=Bearer later\x01\x01'])
  assert.deepEqual(steps, [{ ok: false, failure: 'unavailable' }])
})

const read: [mechanism: string, message: string, asked: [token: string, authorize: string] | undefined][] = [
  ['OAUTHBEARER', `n,,\x01auth=bEaReR ${TOKEN}\x01\x01`, [TOKEN, '']],
  ['OAUTHBEARER', `y,a=a=2Cb=3D,\x01auth=Bearer  x \x01\x01`, ['x', 'a,b=']],
  ['OAUTHBEARER', 'n,,\x01auth=Basic x\x01\x01', ['', '']],
  ['OAUTHBEARER', 'n,,\x01qs=\x01unknown=a b\x01auth=Bearer x\x01\x01', ['x', '']],
  ['OAUTHBEARER', '\x01', undefined],
  ['OAUTHBEARER', '', undefined],
  ['OAUTHBEARER', 'n,,\x01\x01', undefined],
  ['OAUTHBEARER', 'n,,\x01auth=Bearer x\x01', undefined],
  ['OAUTHBEARER', 'n,,auth=Bearer x\x01\x01', undefined],
  ['OAUTHBEARER', 'p=tls-exporter,,\x01auth=Bearer x\x01\x01', undefined],
  ['OAUTHBEARER', 'n,a=a=b,\x01auth=Bearer x\x01\x01', undefined],
  ['OAUTHBEARER', 'n,user=someuser@example.com,\x01auth=Bearer x\x01\x01', undefined], // section 4.4 shows it; its grammar does not have it
  ['OAUTHBEARER', 'n,,\x01auth=Bearer x\x01auth=Bearer y\x01\x01', undefined],
  ['OAUTHBEARER', 'n,,\x01auth=Bearer \0\x01\x01', undefined],
  ['XOAUTH2', `user=ann@example.org\x01auth=Bearer ${TOKEN}\x01\x01`, [TOKEN, 'ann@example.org']],
  ['XOAUTH2', 'user=\x01auth=bearer x\x01\x01', ['x', '']],
  ['XOAUTH2', 'auth=Bearer x\x01\x01', undefined],
  ['XOAUTH2', 'user=a\x01auth=Bearer x\x01', undefined],
  ['XOAUTH2', `user=${'x'.repeat(1025)}\x01auth=Bearer x\x01\x01`, undefined],
]
for (const [mechanism, message, expected] of read) {
  test(`${mechanism} reads ${JSON.stringify(message).slice(0, 60)}`, async () => {
    const { steps, asked } = await play(mechanism, [message])
    assert.deepEqual(asked, expected === undefined ? [] : [expected])
    if (expected === undefined) assert.deepEqual(steps, [{ ok: false, failure: 'malformed' }])
  })
}

test('XOAUTH2 tells of a bad token in the words of its inventor', async () => {
  const { steps } = await play('XOAUTH2', ['user=a\x01auth=Bearer x\x01\x01', ''])
  assert.deepEqual(JSON.parse(String(steps[0])), { status: '401', schemes: 'bearer', scope: 'example_scope' })
  assert.deepEqual(steps[1], refused)
})

test('tokens are taken where a provider is configured, and only within TLS', () => {
  const { credentials } = provider()
  const names = (on: LoginContext, of = credentials): string[] => mechanismsFor(of, on).map(({ name }) => name)
  assert.deepEqual(names(context), ['PLAIN', 'LOGIN', 'OAUTHBEARER', 'XOAUTH2'])
  assert.deepEqual(names({ ...context, channel: undefined }), ['PLAIN', 'LOGIN'], 'in clear from this machine')
  assert.deepEqual(names(context, { ...credentials, tokens: undefined }), ['PLAIN', 'LOGIN'])
})
