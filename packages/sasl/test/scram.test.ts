import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  findMechanism,
  formatVerifier,
  makeVerifier,
  mechanismsFor,
  parseVerifier,
  type Channel,
  type Credentials,
  type Exchange,
  type LoginContext,
  type LoginResult,
  type ScramHash,
} from '../src/index.ts'
import { ScramClient } from '@mailstead/testkit'

const granted: LoginResult = { ok: true, identity: { account: 1, address: 'user@example.org' } }
const refused: LoginResult = { ok: false, failure: 'bad-credentials' }

/** The account of the RFCs: "user", "pencil". */
const ACCOUNT: Record<ScramHash, { readonly salt: string; readonly nonce: string }> = {
  'SHA-1': { salt: 'QSXCR+Q6sek8bf92', nonce: '3rfcNHYJY1ZVvWVs7j' },
  'SHA-256': { salt: 'W22ZaJ0SNY7soEsUEjb6gQ==', nonce: '%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0' },
}

interface Scene {
  readonly credentials: Credentials
  readonly verdicts: string[]
}

async function scene(hash: ScramHash, offers: readonly ScramHash[] = ['SHA-256', 'SHA-1']): Promise<Scene> {
  const { salt, nonce } = ACCOUNT[hash]
  const verifier = await makeVerifier(hash, 'pencil', Buffer.from(salt, 'base64'), 4096)
  const verdicts: string[] = []
  return {
    verdicts,
    credentials: {
      checkPassword: () => Promise.resolve(refused),
      scram: {
        offers: (wanted) => offers.includes(wanted),
        find: async (login) => ({
          ok: true,
          verifier,
          nonce,
          async conclude(verdict, authorize) {
            verdicts.push(`${login} ${verdict} ${authorize}`.trim())
            return verdict === 'proven' ? granted : refused
          },
        }),
      },
    },
  }
}

const clear: LoginContext = { protocol: 'imap', secure: true, remoteAddress: '127.0.0.1', session: 's1' }
const BINDING = Buffer.from('thirty-two octets of this channel')
const channel: Channel = {
  bindings: ['tls-exporter'],
  binding: (type) => (type === 'tls-exporter' ? BINDING : undefined),
  certificate: undefined,
}
const tls: LoginContext = { ...clear, channel }

function begin(name: string, { credentials }: Scene, context: LoginContext): Exchange {
  const exchange = findMechanism(name, credentials, context)?.start(credentials, context)
  assert.ok(exchange, `${name} is not to be had`)
  return exchange
}

/** What the server says to one message: the challenge's text, or what it decided. */
async function say(exchange: Exchange, message: string | undefined): Promise<string> {
  const step = await exchange.next(message === undefined ? undefined : new Uint8Array(Buffer.from(message)))
  if (step.kind === 'challenge') return Buffer.from(step.data).toString()
  return step.result.ok ? 'OK' : step.result.failure
}

/** Of the account above. */
function client(password = 'pencil', header = 'n,,', binding?: Uint8Array, hash: ScramHash = 'SHA-256'): ScramClient {
  return new ScramClient({ hash, user: 'user', password, header, nonce: 'abc', ...(binding === undefined ? {} : { binding }) })
}

const examples: [hash: ScramHash, messages: string[]][] = [
  [
    'SHA-1', // RFC 5802 section 5
    [
      'n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL',
      'r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096',
      'c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=',
      'v=rmF9pqV8S7suAoZWja4dJRkFsKQ=',
    ],
  ],
  [
    'SHA-256', // RFC 7677 section 3
    [
      'n,,n=user,r=rOprNGfwEbeRWgbNEkqO',
      'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096',
      'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=',
      'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=',
    ],
  ],
]
for (const [hash, [first = '', serverFirst, final = '', serverFinal]] of examples) {
  test(`SCRAM-${hash}: the RFC's example`, async () => {
    const site = await scene(hash)
    const exchange = begin(`SCRAM-${hash}`, site, clear)
    assert.equal(await say(exchange, undefined), '')
    assert.equal(await say(exchange, first), serverFirst)
    assert.equal(await say(exchange, final), serverFinal)
    assert.equal(await say(exchange, ''), 'OK')
    assert.deepEqual(site.verdicts, ['user proven'])
  })
}

for (const hash of ['SHA-256', 'SHA-1'] as const) {
  test(`SCRAM-${hash}-PLUS binds to the channel`, async () => {
    const site = await scene(hash)
    const exchange = begin(`SCRAM-${hash}-PLUS`, site, tls)
    const user = client('pencil', 'p=tls-exporter,a=user,', BINDING, hash)
    const final = user.final(await say(exchange, user.first()))
    assert.equal(await say(exchange, final), user.expected)
    assert.equal(await say(exchange, ''), 'OK')
    assert.deepEqual(site.verdicts, ['user proven user'])
  })
}

/** Each with the right password: what fails is the channel. */
const channels: [what: string, name: string, context: LoginContext, header: string, binding: Buffer | undefined, verdict: string][] = [
  ['a client without bindings on a server with some', 'SCRAM-SHA-256', tls, 'n,,', undefined, 'proven'],
  ['"y" where the server has none', 'SCRAM-SHA-256', clear, 'y,,', undefined, 'proven'],
  ['"y" where the server has some', 'SCRAM-SHA-256', tls, 'y,,', undefined, 'downgraded'],
  ['a type that is not here', 'SCRAM-SHA-256-PLUS', tls, 'p=tls-unique,,', undefined, 'binding-not-supported'],
  ['the data of another channel', 'SCRAM-SHA-256-PLUS', tls, 'p=tls-exporter,,', Buffer.from('of another'), 'binding-mismatch'],
  ['no data', 'SCRAM-SHA-256-PLUS', tls, 'p=tls-exporter,,', undefined, 'binding-mismatch'],
  ['data where none was announced', 'SCRAM-SHA-256', tls, 'n,,', Buffer.from('data'), 'binding-mismatch'],
]
for (const [what, name, context, header, binding, verdict] of channels) {
  test(`${name}: ${what}`, async () => {
    const site = await scene('SHA-256')
    const exchange = begin(name, site, context)
    const user = client('pencil', header, binding)
    let answer = await say(exchange, user.first())
    if (answer.startsWith('r=')) answer = await say(exchange, user.final(answer))
    assert.deepEqual(site.verdicts, [`user ${verdict}`])
    assert.equal(answer.startsWith('v=') ? 'granted' : answer, verdict === 'proven' ? 'granted' : 'bad-credentials')
  })
}

test('SCRAM: another header in the final message than in the first', async () => {
  const site = await scene('SHA-256')
  const exchange = begin('SCRAM-SHA-256', site, clear)
  const serverFirst = await say(exchange, client('pencil', 'y,,').first())
  assert.equal(await say(exchange, client('pencil', 'n,,').final(serverFirst)), 'bad-credentials')
  assert.deepEqual(site.verdicts, ['user binding-mismatch'])
})

test('a wrong password proves nothing', async () => {
  const site = await scene('SHA-256')
  const exchange = begin('SCRAM-SHA-256', site, clear)
  const user = client('pencils')
  assert.equal(await say(exchange, user.final(await say(exchange, user.first()))), 'bad-credentials')
  assert.equal(await say(exchange, ''), 'malformed')
  assert.deepEqual(site.verdicts, ['user wrong-proof'])
})

const names: [written: string, login: string, authorize: string][] = [
  ['n,,n=a=2Cb=3Dc,r=abc', 'a,b=c', ''],
  ['n,a=bob=2C,n=jörg,r=abc', 'jörg', 'bob,'],
]
for (const [written, login, authorize] of names) {
  test(`SCRAM reads ${written}`, async () => {
    const site = await scene('SHA-256')
    const exchange = begin('SCRAM-SHA-256', site, clear)
    const header = written.slice(0, written.indexOf('n=', 1))
    const user = new ScramClient({ hash: 'SHA-256', user: login, password: 'pencil', header, nonce: 'abc' })
    assert.equal(user.first(), written)
    assert.equal(await say(exchange, user.final(await say(exchange, written))), user.expected)
    assert.deepEqual(site.verdicts, [`${login} proven ${authorize}`.trim()])
  })
}

const malformed = [
  '',
  'n',
  'n,,',
  'n,,n=user',
  'n,,n=,r=x',
  'n,,n=user,r=',
  'n,,r=x,n=user',
  'x,,n=user,r=x',
  'n,b=x,n=user,r=x',
  'n,a=,n=user,r=x',
  'n,,m=ext,n=user,r=x',
  'n,,n=us\0er,r=x',
  'n,,n=ann=40example.org,r=x', // only =2C and =3D are known
  'n,,n=user,r=with space',
  'n,,n=user,r=x,garbage',
  'p=tls-exporter,,n=user,r=x', // only in the PLUS variants
  `n,,n=user,r=${'x'.repeat(1025)}`,
]
for (const message of malformed) {
  test(`SCRAM rejects ${JSON.stringify(message).slice(0, 40)}`, async () => {
    const site = await scene('SHA-256')
    assert.equal(await say(begin('SCRAM-SHA-256', site, clear), message), 'malformed')
    assert.deepEqual(site.verdicts, [])
  })
}

const finals: [what: string, change: (final: string) => string][] = [
  ['another nonce', (final) => final.replace('r=abc', 'r=abd')],
  ['only its own nonce', (final) => final.replace(/r=[^,]+/, 'r=abc')],
  ['no proof', (final) => final.replace(/,p=.*/, '')],
  ['a proof that is no base64', (final) => final.replace(/,p=.*/, ',p=???')],
  ['something behind the proof', (final) => `${final},x=y`],
  ['a mandatory extension', (final) => `m=x,${final}`],
  ['nothing', () => ''],
]
for (const [what, change] of finals) {
  test(`SCRAM rejects a final message with ${what}`, async () => {
    const site = await scene('SHA-256')
    const exchange = begin('SCRAM-SHA-256', site, clear)
    const user = client()
    const final = user.final(await say(exchange, user.first()))
    assert.equal(await say(exchange, change(final)), 'malformed')
    assert.deepEqual(site.verdicts, [])
  })
}

test('SCRAM passes over extensions that it does not know', async () => {
  const exchange = begin('SCRAM-SHA-256', await scene('SHA-256'), clear)
  assert.match(await say(exchange, 'n,,n=user,r=abc,e=ignored,z=1'), /^r=abc/)
})

test('SCRAM takes no data behind its own last message', async () => {
  const site = await scene('SHA-256')
  const exchange = begin('SCRAM-SHA-256', site, clear)
  const user = client()
  assert.equal(await say(exchange, user.final(await say(exchange, user.first()))), user.expected)
  assert.equal(await say(exchange, 'thanks'), 'malformed')
})

test('a PLUS variant takes no message without a binding', async () => {
  const site = await scene('SHA-256')
  for (const header of ['n,,', 'y,,'])
    assert.equal(await say(begin('SCRAM-SHA-256-PLUS', site, tls), client('pencil', header).first()), 'malformed')
})

test('SCRAM is offered where it is configured, PLUS where there is a channel, SHA-256 before SHA-1', async () => {
  const listed = async (context: LoginContext, ...offers: ScramHash[]): Promise<string[]> => {
    const { credentials } = await scene('SHA-256', offers)
    return mechanismsFor(credentials, context).map(({ name }) => name)
  }
  const plus = ['SCRAM-SHA-256-PLUS', 'SCRAM-SHA-256', 'SCRAM-SHA-1-PLUS', 'SCRAM-SHA-1', 'PLAIN', 'LOGIN']
  assert.deepEqual(await listed(tls, 'SHA-256', 'SHA-1'), plus)
  assert.deepEqual(await listed(clear, 'SHA-256', 'SHA-1'), ['SCRAM-SHA-256', 'SCRAM-SHA-1', 'PLAIN', 'LOGIN'])
  assert.deepEqual(await listed({ ...tls, channel: { ...channel, bindings: [] } }, 'SHA-256'), ['SCRAM-SHA-256', 'PLAIN', 'LOGIN'])
  assert.deepEqual(await listed(tls), ['PLAIN', 'LOGIN'])
  assert.deepEqual(await listed({ ...clear, secure: false }, 'SHA-256'), [])
  const { credentials } = await scene('SHA-256', [])
  assert.equal(findMechanism('SCRAM-SHA-256', credentials, tls), undefined)
})

test('SCRAM is refused in clear before it asks for anything', async () => {
  const site = await scene('SHA-256')
  const context = { ...clear, secure: false }
  const exchange = findMechanism('scram-sha-256', site.credentials, context)?.start(site.credentials, context)
  assert.ok(exchange)
  assert.equal(await say(exchange, undefined), 'encryption-required')
})

test('verifiers are written as RFC 5803 has them, and read again', async () => {
  for (const hash of ['SHA-256', 'SHA-1'] as const) {
    const verifier = await makeVerifier(hash, 'pencil', Buffer.from(ACCOUNT[hash].salt, 'base64'), 4096)
    const text = formatVerifier(hash, verifier)
    assert.match(text, new RegExp(`^SCRAM-${hash}\\$4096:`))
    assert.deepEqual(parseVerifier(hash, text), verifier)
    assert.equal(parseVerifier(hash === 'SHA-1' ? 'SHA-256' : 'SHA-1', text), undefined)
    for (const broken of ['', 'none', text.replace('4096', '0'), text.slice(0, -9)]) assert.equal(parseVerifier(hash, broken), undefined)
  }
})
