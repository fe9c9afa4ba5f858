import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findMechanism, mechanismsFor, type Credentials, type LoginContext, type LoginResult, type Step } from '../src/index.ts'

const secure: LoginContext = { protocol: 'imap', secure: true, remoteAddress: '127.0.0.1', session: 's1' }
const granted: LoginResult = { ok: true, identity: { account: 1, address: 'ann@example.org' } }

function recorder(): { asked: string[][]; credentials: Credentials } {
  const asked: string[][] = []
  return {
    asked,
    credentials: {
      async checkPassword(login, password, authorize) {
        asked.push([login, password, authorize])
        return granted
      },
    },
  }
}

/** Plays the responses and gives back the steps; `undefined` stands for "no initial response". */
async function play(
  name: string,
  responses: (string | Uint8Array | undefined)[],
  context = secure,
): Promise<{ steps: Step[]; asked: string[][] }> {
  const { asked, credentials } = recorder()
  const exchange = findMechanism(name, credentials, context)?.start(credentials, context)
  assert.ok(exchange)
  const steps: Step[] = []
  for (const response of responses) {
    steps.push(await exchange.next(typeof response === 'string' ? new Uint8Array(Buffer.from(response)) : response))
  }
  return { steps, asked }
}

const challenge = (text: string): Step => ({ kind: 'challenge', data: new TextEncoder().encode(text) })
const done: Step = { kind: 'done', result: granted }
const failed = (failure: 'malformed' | 'encryption-required'): Step => ({ kind: 'done', result: { ok: false, failure } })

const LONG = 'x'.repeat(255)
const plainValid: [message: string, asked: string[]][] = [
  ['\0ann@example.org\0secret', ['ann@example.org', 'secret', '']],
  ['ann@example.org\0ann@example.org\0secret', ['ann@example.org', 'secret', 'ann@example.org']],
  ['Ursel\0Kurt\0xipj3plmq', ['Kurt', 'xipj3plmq', 'Ursel']], // RFC 4616 section 4: refused by Credentials, not here
  ['\0jörg\0pässwörd', ['jörg', 'pässwörd', '']],
  ['\0ann\0 spaces kept ', ['ann', ' spaces kept ', '']],
  ['\0ann\0\ufeffbom kept', ['ann', '\ufeffbom kept', '']],
  [`${LONG}\0${LONG}\0${LONG}`, [LONG, LONG, LONG]],
]
for (const [message, asked] of plainValid) {
  test(`PLAIN ${JSON.stringify(message.slice(0, 40))}`, async () => {
    assert.deepEqual(await play('PLAIN', [message]), { steps: [done], asked: [asked] })
    assert.deepEqual(await play('PLAIN', [undefined, message]), { steps: [challenge(''), done], asked: [asked] })
  })
}

const plainMalformed: (string | Uint8Array)[] = [
  '',
  '\0',
  '\0\0',
  'ann',
  'ann\0secret',
  '\0ann\0',
  '\0\0secret',
  'ann\0\0secret',
  '\0ann\0sec\0ret',
  '\0ann\0secret\0',
  `\0ann\0${'x'.repeat(1025)}`,
  new Uint8Array([0, 0x61, 0, 0xff]),
  new Uint8Array([0, 0x61, 0, 0xed, 0xa0, 0x80]), // a surrogate is no UTF-8
]
for (const message of plainMalformed) {
  test(`PLAIN rejects ${JSON.stringify(message).slice(0, 40)}`, async () => {
    assert.deepEqual(await play('PLAIN', [message]), { steps: [failed('malformed')], asked: [] })
  })
}

test('LOGIN asks for the name and the password', async () => {
  const { steps, asked } = await play('LOGIN', [undefined, 'jörg@example.org', 'secret'])
  assert.deepEqual(steps, [challenge('Username:'), challenge('Password:'), done])
  assert.deepEqual(asked, [['jörg@example.org', 'secret', '']])
})

test('LOGIN takes the name as initial response', async () => {
  const { steps, asked } = await play('LOGIN', ['ann', 'secret'])
  assert.deepEqual(steps, [challenge('Password:'), done])
  assert.deepEqual(asked, [['ann', 'secret', '']])
})

for (const responses of [[''], ['a\0b'], ['ann', ''], ['ann', 'se\0cret'], ['ann', new Uint8Array([0xff])], ['x'.repeat(1025)]]) {
  test(`LOGIN rejects ${JSON.stringify(responses).slice(0, 40)}`, async () => {
    const { steps, asked } = await play('LOGIN', responses)
    assert.deepEqual(steps.at(-1), failed('malformed'))
    assert.deepEqual(asked, [])
  })
}

for (const name of ['PLAIN', 'LOGIN']) {
  test(`${name} asks for nothing before encryption`, async () => {
    const context = { ...secure, secure: false }
    for (const first of [undefined, '\0ann\0secret']) {
      assert.deepEqual(await play(name, [first], context), { steps: [failed('encryption-required')], asked: [] })
    }
  })
}

test('an exchange that is over answers no further response', async () => {
  const { steps, asked } = await play('PLAIN', ['\0ann\0secret', '\0bob\0secret'])
  assert.deepEqual(steps, [done, failed('malformed')])
  assert.equal(asked.length, 1)
})

test('mechanisms are found in any case and announced only where they may be used', () => {
  const { credentials } = recorder()
  assert.equal(findMechanism('plain', credentials, secure)?.name, 'PLAIN')
  assert.equal(findMechanism('CRAM-MD5', credentials, secure), undefined)
  assert.deepEqual(
    mechanismsFor(credentials, { secure: true }).map((mechanism) => mechanism.name),
    ['PLAIN', 'LOGIN'],
  )
  assert.deepEqual(mechanismsFor(credentials, { secure: false }), [])
})
