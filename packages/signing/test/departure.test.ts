import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CannotReencode, type OctetSource } from '@mailstead/mime'
import { ManualClock } from '@mailstead/testkit'
import { dkimVerify } from 'mailauth/lib/dkim/verify.js'
import { Departure, MailSigner, type SigningKey } from '../src/index.ts'
import { MAX_HELD } from '../src/limits.ts'
import { resolverOf, testKeys } from './keys-of-tests.ts'

const org = await testKeys('example.org')
const clock = new ManualClock(Date.UTC(2027, 0, 1))
const keys: readonly SigningKey[] = [org.rsa, org.ed25519]
const signer = new MailSigner({ signing: async (domain) => (domain === 'example.org' ? keys : []) }, clock)

interface Source extends OctetSource {
  /** Octets read so far. */
  total: number
}

function source(octets: Buffer): Source {
  const made: Source = {
    size: octets.length,
    total: 0,
    async read(offset, length) {
      const piece = octets.subarray(offset, offset + Math.min(length, 100_000))
      made.total += piece.length
      return piece
    },
  }
  return made
}

async function whole(message: OctetSource): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  for (let at = 0; at < message.size; at += pieces.at(-1)?.length ?? 0) pieces.push(await message.read(at, 70_000))
  return Buffer.concat(pieces)
}

/** `pass` for each signature of ours that holds. */
async function verified(message: Buffer): Promise<string> {
  const options = { resolver: resolverOf(org.records), strict: true, curTime: new Date(clock.now()) }
  const { results } = await dkimVerify(message, options)
  return results
    .filter(({ signingDomain }) => signingDomain === 'example.org')
    .map(({ status }) => status.result)
    .join()
}

const HEAD = 'From: Ann <ann@example.org>\r\nMIME-Version: 1.0\r\n'
const TEXT = `${HEAD}Content-Type: text/plain; charset=utf-8\r\n`
const SIGNED = 'DKIM-Signature: v=1; d=example.net; b=abc\r\n'
const SEALED = `${HEAD}Content-Type: multipart/signed; boundary=s\r\n\r\n--s\r\n\r\n\u00fc\r\n--s--\r\n`
const LONG = `${HEAD}\r\n${'x'.repeat(2000)}\r\n`

/** `as it is`, `7 bits`: what goes out first; and what becomes of the other form. */
const TABLE: [what: string, message: string | Buffer, goes: 'as it is' | '7 bits', ascii: boolean, other: '7 bits' | 'refused'][] = [
  ['text in ASCII', `${TEXT}\r\nwords\r\n`, 'as it is', true, '7 bits'],
  ['text in UTF-8', `${TEXT}\r\nwords and gr\u00fcn\r\n`, '7 bits', true, '7 bits'],
  ['a header in UTF-8', `${HEAD}Subject: gr\u00fcn\r\n\r\nwords\r\n`, '7 bits', true, '7 bits'],
  ['lines that are too long', LONG, '7 bits', true, '7 bits'],
  [
    'a big message',
    `${TEXT}\r\n${'\u043f\u0440\u0438\u0432\u0435\u0442 \u0432\u0441\u0435\u043c\r\n'.repeat(20_000)}`,
    '7 bits',
    true,
    '7 bits',
  ],
  ['inside of what is signed', SEALED, 'as it is', false, 'refused'],
  ['an address in UTF-8', `${TEXT}To: \u00fc@example.net\r\n\r\ngr\u00fcn\r\n`, 'as it is', false, 'refused'],
  ['signed by somebody else', `${SIGNED}${TEXT}\r\ngr\u00fcn\r\n`, 'as it is', false, '7 bits'],
  ['a header that nobody knows the charset of', Buffer.from(`${HEAD}Subject: \xfc\r\n\r\nx\r\n`, 'latin1'), 'as it is', false, '7 bits'],
]

for (const [what, text, goes, ascii, other] of TABLE) {
  test(`leaves: ${what}`, async () => {
    const octets = Buffer.from(text)
    const message = await new Departure(signer, clock).prepare('q1', source(octets), 'ann@example.org')
    const sent = await whole(message)
    assert.equal(sent.length, message.size)
    assert.equal(await verified(sent), 'pass,pass')
    assert.equal(sent.subarray(-octets.length).equals(octets) ? 'as it is' : '7 bits', goes)
    assert.equal(message.ascii === true, ascii)
    if (ascii) assert.ok(!sent.some((octet) => octet > 127))
    if (other === 'refused') return assert.rejects(message.sevenBits?.() ?? assert.fail(), CannotReencode)
    const encoded = (await message.sevenBits?.()) ?? assert.fail()
    const octetsInSeven = await whole(encoded)
    assert.equal(octetsInSeven.length, encoded.size)
    assert.ok(!octetsInSeven.some((octet) => octet > 127))
    return assert.equal(await verified(octetsInSeven), 'pass,pass')
  })
}

test('what nobody signs is left as it is until a server wants it otherwise', async () => {
  const octets = Buffer.from(`${TEXT.replace('example.org', 'example.net')}\r\nwords and gr\u00fcn\r\n`)
  for (const departure of [new Departure(signer, clock), new Departure(undefined, clock)]) {
    const message = await departure.prepare('q1', source(octets), 'eve@example.net')
    assert.ok((await whole(message)).equals(octets))
    assert.match(String(await whole((await message.sevenBits?.()) ?? assert.fail())), /words and gr=C3=BCn\r\n$/)
  }
})

test('mail that passes through is not changed, and not signed as ours', async () => {
  const octets = Buffer.from(`${TEXT}\r\nwords and gr\u00fcn\r\n`)
  const message = await new Departure(signer, clock).prepare('q1', source(octets), 'ann@example.org', {})
  assert.ok((await whole(message)).equals(octets))
  assert.ok(!('ascii' in message) && !('sevenBits' in message))
})

test('what is found of its arrival is sealed for those it is forwarded to', async () => {
  const octets = Buffer.from(`${TEXT}\r\nwords and gr\u00fcn\r\n`)
  const arrival = { domain: 'example.org', results: 'mx.example.org; spf=pass', chain: 'none' } as const
  const message = await new Departure(signer, clock).prepare('q1', source(octets), 'ann@example.org', { arrival })
  const sealed = String(await whole(message))
  assert.match(sealed, /^ARC-Seal: /)
  assert.match(sealed, /^ARC-Authentication-Results: i=1; mx\.example\.org; spf=pass\r$/m)
  assert.doesNotMatch(sealed, /^DKIM-Signature/m)
  const unsigned = await new Departure(undefined, clock).prepare('q1', source(octets), 'ann@example.org', { arrival })
  assert.ok((await whole(unsigned)).equals(octets))
})

test('a message is looked at once for all its destinations; a small one is read once for each', async () => {
  const departure = new Departure(signer, clock)
  for (const [name, size] of [
    ['small', MAX_HELD],
    ['big', 10 * MAX_HELD],
  ] as const) {
    const octets = Buffer.from(`${HEAD}\r\n${'gr\u00fcn '.repeat(size)}`).subarray(0, size)
    const first = source(octets)
    const sent = await whole(await departure.prepare(name, first, 'ann@example.org'))
    const second = source(octets)
    assert.ok((await whole(await departure.prepare(name, second, 'ann@example.org'))).equals(sent))
    assert.equal(second.total, size)
    assert.equal(name === 'small' ? first.total === size : first.total > 3 * size, true)
  }
})

test('a message that is shorter than it should be does not leave', async () => {
  for (const size of [100, MAX_HELD + 1]) {
    const short = { size, read: async () => new Uint8Array(0) }
    await assert.rejects(new Departure(signer, clock).prepare('q1', short, ''), /the message ends at 0 of/)
  }
})
