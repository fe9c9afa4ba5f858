import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { test, type TestContext } from 'node:test'
import type { TokenOptions } from '@mailstead/accounts'
import type { TokenResult } from '@mailstead/sasl'
import { CLOCK_LEEWAY, KEYS_LIFE, KEYS_PAUSE, MAX_PROVIDER_ANSWER, PROVIDER_TIME, TOKEN_LIFE } from '../src/limits.ts'
import { AUDIENCE, ISSUER, jwt, keySet, provider, signer, type Algorithm, type Provider, type Signer } from './provider.ts'
import { CONTEXT, site, type Site } from './support.ts'

interface Scene extends Site {
  readonly provider: Provider
  readonly check: (token: string, authorize?: string) => Promise<TokenResult>
  /** Claims of ann's that are all right, with changes. */
  readonly claims: (changes?: object) => Record<string, unknown>
}

type Options = Partial<Omit<TokenOptions, 'provider'>>

async function scene(t: TestContext, make: (url: string) => TokenOptions['provider'], options: Options = {}): Promise<Scene> {
  const own = await provider(t)
  const tokens = { provider: make(own.url), accountClaim: 'email', scope: undefined, discoveryUrl: undefined, ...options }
  const s = await site({ tokens })
  const seconds = s.clock.now() / 1000
  return {
    ...s,
    provider: own,
    check: async (token, authorize = '') =>
      (await s.accounts.tokens?.checkToken(token, authorize, CONTEXT)) ?? { ok: false, failure: 'unavailable' },
    claims: (changes = {}) => ({ iss: ISSUER, aud: AUDIENCE, exp: seconds + 3600, email: 'ann@example.org', ...changes }),
  }
}

const signed = (t: TestContext, options?: Options): Promise<Scene> =>
  scene(t, (jwksUrl) => ({ kind: 'jwks', jwksUrl, issuer: ISSUER, audience: AUDIENCE }), options)

const asked = (t: TestContext, options?: Options): Promise<Scene> =>
  scene(
    t,
    (url) => ({ kind: 'introspection', url, clientId: 'mail server', clientSecret: 's&cret', issuer: ISSUER, audience: undefined }),
    options,
  )

const granted = ({ ann }: Site): TokenResult => ({ ok: true, identity: { account: ann.id, address: 'ann@example.org' } })
const invalid: TokenResult = { ok: false, failure: 'bad-credentials', error: { status: 'invalid_token' } }

const keys = { RS256: signer('RS256'), ES256: signer('ES256'), EdDSA: signer('EdDSA') } as const satisfies Record<Algorithm, Signer>
const all = keySet(keys.RS256, keys.ES256, keys.EdDSA)

test('a signed token logs in the account that it names, by each algorithm', async (t) => {
  const s = await signed(t)
  s.provider.answer = () => ({ body: all })
  for (const key of Object.values(keys)) assert.deepEqual(await s.check(jwt(key, s.claims())), granted(s), key.algorithm)
  assert.equal(s.provider.asked.length, 1, 'the keys are fetched once')
  assert.deepEqual(await s.check(jwt(keys.ES256, s.claims({ email: 'ANN@Example.org', aud: ['other', AUDIENCE] })), 'ann'), granted(s))
  for (const header of [{ typ: 'JWT' }, { typ: undefined }, { typ: 'application/at+jwt' }, { kid: undefined }]) {
    assert.deepEqual(await s.check(jwt(keys.ES256, s.claims(), header)), granted(s), JSON.stringify(header))
  }
})

const minute = 60
type Row = [what: string, changes: object, header: object, reason: string]
const wrong: Row[] = [
  ['of another issuer', { iss: 'https://evil.example' }, {}, 'from another issuer'],
  ['without an issuer', { iss: undefined }, {}, 'no claim iss'],
  ['for another audience', { aud: ['web', 'chat'] }, {}, 'for another audience'],
  ['without an audience', { aud: undefined }, {}, 'no claim aud'],
  ['without an end', { exp: undefined }, {}, 'no claim exp'],
  ['with an end that is no number', { exp: 'tomorrow' }, {}, 'a time that is no number'],
  ['not valid yet', { nbf: 4_000_000_000 }, {}, 'not valid yet'],
  ['unsigned', {}, { alg: 'none' }, 'signed by an algorithm that is not taken'],
  ['signed with the public key as a secret', {}, { alg: 'HS256' }, 'signed by an algorithm that is not taken'],
  ['with a name of every object for its algorithm', {}, { alg: 'toString' }, 'signed by an algorithm that is not taken'],
  ['that says another algorithm than its key', {}, { alg: 'RS256' }, 'signed by an unknown key'],
  ['of another kind', {}, { typ: 'logout+jwt' }, 'a JWT of another kind'],
  ['with a critical extension', {}, { crit: ['b64'] }, 'a JWT of another kind'],
  ['by an unknown key', {}, { kid: 'another' }, 'signed by an unknown key'],
  ['with no address', { email: undefined }, {}, 'no address in email'],
  ['with a local part alone', { email: 'ann' }, {}, 'no address in email'],
  ['with an address nobody has checked', { email_verified: false }, {}, 'no address in email'],
  ['of nobody here', { email: 'x@example.org' }, {}, 'x@example.org is no account'],
  ['of an alias', { email: 'sales@example.org' }, {}, 'sales@example.org is no account'],
]
for (const [what, changes, header, reason] of wrong) {
  test(`a token ${what} is refused`, async (t) => {
    const s = await signed(t)
    s.provider.answer = () => ({ body: all })
    assert.deepEqual(await s.check(jwt(keys.ES256, s.claims(changes), header)), invalid)
    assert.equal(s.reason(), `token: ${reason}`)
  })
}

test('a token is good until it expires, give or take the difference of clocks', async (t) => {
  const s = await signed(t)
  s.provider.answer = () => ({ body: all })
  const token = jwt(keys.ES256, s.claims({ exp: s.clock.now() / 1000 + minute }))
  s.clock.advance(minute * 1000 + CLOCK_LEEWAY - 1)
  assert.deepEqual(await s.check(token), granted(s))
  s.clock.advance(1)
  assert.deepEqual(await s.check(token), invalid)
  assert.equal(s.reason(), 'token: expired')
})

test('what is no token, or was changed, is refused', async (t) => {
  const s = await signed(t)
  s.provider.answer = () => ({ body: all })
  const [head = '', body = '', signature = ''] = jwt(keys.ES256, s.claims()).split('.')
  const other = Buffer.from(JSON.stringify(s.claims({ email: 'bob@bücher.example' }))).toString('base64url')
  const rows: [token: string, reason: string][] = [
    ['', 'none'],
    ['two words', 'no bearer token'],
    ['x'.repeat(8193), 'no bearer token'],
    ['opaque', 'no signed JWT'],
    [`${head}.${body}`, 'the signature does not fit'],
    [`${head}.${body}.${signature}.x`, 'no signed JWT'],
    [`${head}.${other}.${signature}`, 'the signature does not fit'],
    [`${head}.${body}.${'A'.repeat(86)}`, 'the signature does not fit'],
    [`${head}.bnVsbA.${signature}`, 'no signed JWT'],
  ]
  for (const [token, reason] of rows) {
    assert.deepEqual(await s.check(token), invalid, token)
    assert.equal(s.reason(), `token: ${reason}`)
  }
  assert.deepEqual(await s.check(jwt({ ...signer('ES256'), id: keys.ES256.id }, s.claims())), invalid, 'by another key of that name')
})

test('a token serves no other name, nor a disabled account', async (t) => {
  const s = await signed(t)
  s.provider.answer = () => ({ body: all })
  const token = jwt(keys.ES256, s.claims())
  assert.deepEqual(await s.check(token, 'bob@bücher.example'), invalid)
  assert.equal(s.reason(), 'may not act as bob@bücher.example')
  await s.accounts.setEnabled('ann@example.org', false)
  assert.deepEqual(await s.check(token), invalid)
  assert.equal(s.reason(), 'account disabled')
})

test('a scope can be asked for, and clients are told of it', async (t) => {
  const discoveryUrl = 'https://id.example.org/.well-known/openid-configuration'
  const s = await signed(t, { scope: 'mail', discoveryUrl, accountClaim: 'upn' })
  s.provider.answer = () => ({ body: all })
  const upn = 'ann@example.org'
  for (const scopes of [{ scope: 'openid mail' }, { scp: ['mail'] }])
    assert.deepEqual(await s.check(jwt(keys.ES256, s.claims({ upn, ...scopes }))), granted(s))
  for (const scopes of [{}, { scope: 'mails' }, { scope: 3 }]) {
    assert.deepEqual(await s.check(jwt(keys.ES256, s.claims({ upn, ...scopes }))), {
      ok: false,
      failure: 'bad-credentials',
      error: { status: 'insufficient_scope', scope: 'mail', 'openid-configuration': discoveryUrl },
    })
  }
})

test('keys are fetched anew for one that is not known, not more often than allowed, and when they are old', async (t) => {
  const s = await signed(t)
  const next = signer('ES256')
  let body = keySet(keys.ES256)
  s.provider.answer = () => ({ body })
  const token = (key: Signer): string => jwt(key, s.claims({ exp: 9_999_999_999 }))
  assert.equal((await s.check(token(keys.ES256))).ok, true)
  body = keySet(next)
  assert.deepEqual(await s.check(token(next)), invalid, 'asked a moment ago')
  assert.equal(s.provider.asked.length, 1)
  s.clock.advance(KEYS_PAUSE)
  const both = await Promise.all([s.check(token(next)), s.check(token(next))])
  assert.deepEqual(
    both.map(({ ok }) => ok),
    [true, true],
  )
  assert.equal(s.provider.asked.length, 2, 'together they ask once')
  assert.deepEqual(await s.check(token(keys.ES256)), invalid, 'withdrawn')
  s.clock.advance(KEYS_LIFE)
  assert.equal((await s.check(token(next))).ok, true)
  assert.equal(s.provider.asked.length, 3)
})

test('keys for other things, too short or of no kind that is known are passed over', async (t) => {
  const s = await signed(t)
  const short = generateKeyPairSync('rsa', { modulusLength: 1024 })
  const weak: Signer = {
    id: 'short',
    algorithm: 'RS256',
    privateKey: short.privateKey,
    jwk: { ...short.publicKey.export({ format: 'jwk' }), kid: 'short' },
  }
  const encrypts = { ...keys.ES256, jwk: { ...keys.ES256.jwk, use: 'enc' } }
  const odd = [{ jwk: { kty: 'oct', k: 'AAAA', kid: 'x' } }, { jwk: { kty: 'RSA', kid: 'broken' } }, { jwk: {} }]
  s.provider.answer = () => ({
    body: JSON.stringify({ keys: [null, 'text', ...[weak, encrypts, ...odd, keys.EdDSA].map(({ jwk }) => jwk)] }),
  })
  assert.deepEqual(await s.check(jwt(weak, s.claims())), invalid)
  assert.deepEqual(await s.check(jwt(keys.ES256, s.claims())), invalid)
  assert.equal((await s.check(jwt(keys.EdDSA, s.claims()))).ok, true)
})

const troubles: [what: string, answer: Provider['answer']][] = [
  ['an error', () => ({ status: 500, body: all })],
  ['something else than JSON', () => ({ body: '<html>' })],
  ['a list', () => ({ body: '[]' })],
  ['no keys', () => ({ body: '{}' })],
  ['a redirect', () => ({ status: 302, body: '', location: 'http://127.0.0.1:1/' })],
  ['more than anybody needs', () => ({ body: `{"keys":[],"x":"${'x'.repeat(MAX_PROVIDER_ANSWER)}"}` })],
]
for (const [what, answer] of troubles) {
  test(`a provider that answers with ${what} is no reason to call a token bad`, async (t) => {
    const s = await signed(t)
    s.provider.answer = answer
    assert.deepEqual(await s.check(jwt(keys.ES256, s.claims())), { ok: false, failure: 'unavailable' })
    assert.match(String(s.reason()), /^http:\/\/127\.0\.0\.1/)
  })
}

test('a provider that says nothing is waited for no longer than its time', async (t) => {
  const s = await signed(t)
  const reached = Promise.withResolvers<void>()
  s.provider.answer = () => {
    reached.resolve()
    return undefined
  }
  const result = s.check(jwt(keys.ES256, s.claims()))
  await reached.promise
  s.clock.advance(PROVIDER_TIME)
  assert.deepEqual(await result, { ok: false, failure: 'unavailable' })
})

test('known keys serve on while the provider is away', async (t) => {
  const s = await signed(t)
  s.provider.answer = () => ({ body: all })
  const token = jwt(keys.ES256, s.claims({ exp: 9_999_999_999 }))
  assert.equal((await s.check(token)).ok, true)
  s.provider.answer = () => ({ status: 503, body: '' })
  s.clock.advance(KEYS_LIFE)
  assert.equal((await s.check(token)).ok, true)
  assert.equal(s.provider.asked.length, 2)
})

test('the provider is asked about a token once in a while, as RFC 7662 says', async (t) => {
  const s = await asked(t)
  s.provider.answer = () => ({ body: JSON.stringify({ active: true, email: 'ann@example.org' }) })
  const both = await Promise.all([s.check('opaque-token+/='), s.check('opaque-token+/=')])
  assert.deepEqual(both, [granted(s), granted(s)])
  assert.deepEqual(s.provider.asked, [
    {
      method: 'POST',
      authorization: `Basic ${Buffer.from('mail+server:s%26cret').toString('base64')}`,
      body: 'token=opaque-token%2B%2F%3D&token_type_hint=access_token',
    },
  ])
  s.clock.advance(TOKEN_LIFE - 1)
  await s.check('opaque-token+/=')
  assert.equal(s.provider.asked.length, 1)
  s.clock.advance(1)
  await s.check('opaque-token+/=')
  assert.equal(s.provider.asked.length, 2)
})

const answers: [what: string, claims: object, reason: string][] = [
  ['inactive', { active: false }, 'the provider calls it inactive'],
  ['nothing', {}, 'the provider calls it inactive'],
  ['yes in other words', { active: 'true', email: 'ann@example.org' }, 'the provider calls it inactive'],
  ['active, and expired', { active: true, exp: 1, email: 'ann@example.org' }, 'expired'],
  ['active, of another issuer', { active: true, iss: 'https://evil.example', email: 'ann@example.org' }, 'from another issuer'],
]
for (const [what, claims, reason] of answers) {
  test(`a provider that says ${what}`, async (t) => {
    const s = await asked(t)
    s.provider.answer = () => ({ body: JSON.stringify(claims) })
    assert.deepEqual(await s.check('opaque'), invalid)
    assert.equal(s.reason(), `token: ${reason}`)
  })
}

test('a bad answer and a failure are not remembered, an expiry is', async (t) => {
  const s = await asked(t)
  s.provider.answer = () => ({ status: 502, body: '' })
  assert.deepEqual(await s.check('opaque'), { ok: false, failure: 'unavailable' })
  s.provider.answer = () => ({ body: '{"active":false}' })
  assert.deepEqual(await s.check('opaque'), invalid)
  const exp = s.clock.now() / 1000 + 1
  s.provider.answer = () => ({ body: JSON.stringify({ active: true, email: 'ann@example.org', exp: exp - CLOCK_LEEWAY / 1000 }) })
  assert.deepEqual(await s.check('opaque'), granted(s))
  s.clock.advance(1000)
  assert.deepEqual(await s.check('opaque'), invalid)
  assert.equal(s.provider.asked.length, 3)
})

test('who configures an audience wants introspected tokens to name it', async (t) => {
  const s = await scene(t, (url) => ({
    kind: 'introspection',
    url,
    clientId: 'a',
    clientSecret: 'b',
    issuer: undefined,
    audience: AUDIENCE,
  }))
  for (const [aud, reason] of [
    [undefined, 'no claim aud'],
    ['web', 'for another audience'],
  ]) {
    s.provider.answer = () => ({ body: JSON.stringify({ active: true, email: 'ann@example.org', aud }) })
    assert.deepEqual(await s.check(`opaque-${String(aud)}`), invalid)
    assert.equal(s.reason(), `token: ${reason}`)
  }
})
