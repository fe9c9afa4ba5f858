import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findMechanism, mechanismsFor, type Credentials, type LoginContext } from '../src/index.ts'

const certificate = { addresses: ['ann@example.org'], subject: 'CN=ann' }
const channel = { bindings: [], binding: () => undefined, certificate }
const context: LoginContext = { protocol: 'imap', secure: true, channel, remoteAddress: '127.0.0.1', session: 's1' }

function recorder(): { asked: unknown[]; credentials: Credentials } {
  const asked: unknown[] = []
  return {
    asked,
    credentials: {
      checkPassword: () => Promise.resolve({ ok: false, failure: 'bad-credentials' }),
      certificates: {
        async checkCertificate(shown, authorize) {
          asked.push([shown, authorize])
          return { ok: true, identity: { account: 1, address: 'ann@example.org' } }
        },
      },
    },
  }
}

const names = (credentials: Credentials, on: LoginContext): string[] => mechanismsFor(credentials, on).map(({ name }) => name)

test('EXTERNAL is offered to who has shown a certificate, where it is configured', () => {
  const { credentials } = recorder()
  assert.deepEqual(names(credentials, context), ['PLAIN', 'LOGIN', 'EXTERNAL'])
  assert.deepEqual(names(credentials, { ...context, channel: { ...channel, certificate: undefined } }), ['PLAIN', 'LOGIN'])
  assert.deepEqual(names({ ...credentials, certificates: undefined }, context), ['PLAIN', 'LOGIN'])
})

/** RFC 4422 appendix A.2, and its syntax. */
const rows: [responses: (string | Uint8Array | undefined)[], authorize: string | undefined][] = [
  [[undefined, ''], ''],
  [[''], ''],
  [['fred@example.com'], 'fred@example.com'],
  [['jörg@example.org'], 'jörg@example.org'],
  [['a\0b'], undefined],
  [[new Uint8Array([0xff])], undefined],
  [['x'.repeat(1025)], undefined],
]
for (const [responses, authorize] of rows) {
  test(`EXTERNAL ${JSON.stringify(responses).slice(0, 40)}`, async () => {
    const { asked, credentials } = recorder()
    const exchange = findMechanism('external', credentials, context)?.start(credentials, context)
    const steps = []
    for (const response of responses) steps.push(await exchange?.next(typeof response === 'string' ? Buffer.from(response) : response))
    const last = steps.pop()
    if (steps.length > 0) assert.deepEqual(steps, [{ kind: 'challenge', data: new Uint8Array(0) }])
    assert.deepEqual(asked, authorize === undefined ? [] : [[certificate, authorize]])
    assert.equal(last?.kind === 'done' && last.result.ok, authorize !== undefined)
  })
}
