import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LoginResult } from '@mailstead/sasl'
import { CONTEXT, refused, site } from './support.ts'

const subject = 'CN=somebody'

type Row = [what: string, addresses: string[], authorize: string, expected: 'ann' | 'bob' | { reason: string }]
const rows: Row[] = [
  ['one address', ['ann@example.org'], '', 'ann'],
  ['one address in another spelling', ['Ann@EXAMPLE.org'], '', 'ann'],
  ['its own name to act as', ['ann@example.org'], 'ann', 'ann'],
  ['addresses of elsewhere beside it', ['ann@elsewhere.example', 'ann@example.org'], '', 'ann'],
  ['the same account twice', ['ann@example.org', 'ANN@example.org'], '', 'ann'],
  ['several accounts, one of them wanted', ['ann@example.org', 'bob@bücher.example'], 'bob@xn--bcher-kva.example', 'bob'],
  [
    'several accounts and no wish',
    ['ann@example.org', 'bob@bücher.example'],
    '',
    { reason: 'the certificate names several accounts, and the client none' },
  ],
  ['another name to act as', ['ann@example.org'], 'bob@bücher.example', { reason: 'the certificate does not name bob@bücher.example' }],
  ['an unknown name to act as', ['ann@example.org'], 'x@example.org', { reason: 'the certificate does not name x@example.org' }],
  ['nobody here', ['ann@elsewhere.example'], '', { reason: 'the certificate names no account' }],
  ['an alias', ['sales@example.org'], '', { reason: 'the certificate names no account' }],
  ['a local part alone', ['ann'], '', { reason: 'the certificate names no account' }],
  ['nothing', [], '', { reason: 'the certificate names no account' }],
]
for (const [what, addresses, authorize, expected] of rows) {
  test(`a certificate with ${what}`, async () => {
    const { accounts, ann, bob, reason } = await site({ certificates: true })
    const result = await accounts.certificates?.checkCertificate({ addresses, subject }, authorize, CONTEXT)
    if (typeof expected === 'object') {
      assert.deepEqual(result, refused)
      assert.equal(reason(), `${expected.reason} (CN=somebody)`)
      return
    }
    const granted: LoginResult =
      expected === 'ann'
        ? { ok: true, identity: { account: ann.id, address: 'ann@example.org' } }
        : { ok: true, identity: { account: bob.id, address: 'bob@xn--bcher-kva.example' } }
    assert.deepEqual(result, granted)
  })
}

test('a disabled account stays out, and without the setting nobody gets in', async () => {
  const { accounts } = await site({ certificates: true })
  await accounts.setEnabled('ann@example.org', false)
  assert.deepEqual(await accounts.certificates?.checkCertificate({ addresses: ['ann@example.org'], subject }, '', CONTEXT), refused)
  assert.equal((await site()).accounts.certificates, undefined)
})
