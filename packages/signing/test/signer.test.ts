import assert from 'node:assert/strict'
import { test } from 'node:test'
import { withFields, type OctetSource } from '@mailstead/mime'
import { ManualClock } from '@mailstead/testkit'
import { arc } from 'mailauth/lib/arc/index.js'
import { dkimVerify } from 'mailauth/lib/dkim/verify.js'
import { MailSigner, type SigningKey } from '../src/index.ts'
import { resolverOf, testKeys } from './keys-of-tests.ts'

const [org, idn] = [await testKeys('example.org'), await testKeys('xn--bcher-kva.example')]
const records = { ...org.records, ...idn.records }
const clock = new ManualClock(Date.UTC(2027, 0, 1))
const domains: Readonly<Record<string, readonly SigningKey[]>> = {
  'example.org': [org.rsa, org.ed25519],
  'xn--bcher-kva.example': [idn.ed25519],
}
const signer = new MailSigner({ signing: async (domain) => domains[domain] ?? [] }, clock)

/** Gives at most `piece` octets at once. */
function source(text: string, piece = 100_000): OctetSource {
  const octets = Buffer.from(text)
  return { size: octets.length, read: async (offset, length) => octets.subarray(offset, offset + Math.min(length, piece)) }
}

async function whole(message: OctetSource, piece = 1000): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  for (let at = 0; at < message.size; at += pieces.at(-1)?.length ?? 0) pieces.push(await message.read(at, piece))
  return Buffer.concat(pieces)
}

/** `result domain` of each signature. */
async function verified(message: Buffer): Promise<string[]> {
  const { results } = await dkimVerify(message, { resolver: resolverOf(records), strict: true, curTime: new Date(clock.now()) })
  return results.map(({ status, signingDomain }) => `${status.result} ${signingDomain}`)
}

test("the author's domain signs, whatever pieces the message comes in", async () => {
  const text = `From: Ann <ann@EXAMPLE.org>\r\nSubject: x\r\n\r\n${'A line of text.\r\n'.repeat(9000)}`
  for (const piece of [100_000, 4097, 13]) {
    const message = source(text, piece)
    const signed = withFields(await signer.sign(message, 'ann@example.org'), message)
    const octets = await whole(signed)
    assert.equal(octets.length, signed.size)
    assert.ok(octets.toString().endsWith(text))
    assert.deepEqual(await verified(octets), ['pass example.org', 'pass example.org'])
  }
})

test('whose domain signs', async () => {
  const table: readonly [header: string, mailFrom: string, signs: string | undefined][] = [
    ['From: ann@example.org', '', 'example.org'],
    ['From: Ann <ann@b\u00fccher.example>', '', 'xn--bcher-kva.example'],
    ['From: ann@xn--bcher-kva.example', 'ann@example.org', 'xn--bcher-kva.example'],
    ['From: eve@example.net, ann@example.org', '', 'example.org'],
    ['From: Team: ann@example.org, ben@example.org;', '', 'example.org'],
    ['From: eve@example.net\r\nSender: ann@example.org', '', 'example.org'],
    ['From: eve@example.net', 'ann@example.org', 'example.org'],
    ['Subject: nobody', 'ann@example.org', 'example.org'],
    ['From: eve@example.net', 'eve@example.net', undefined],
    ['From: mailer-daemon@mail.sub.example.org', '', 'example.org'],
    ['From: ann@example.org.example.net', '', undefined],
    ['From: ann@org', '', undefined],
    ['From: undisclosed:;', '', undefined],
    ['From: ann', '', undefined],
  ]
  for (const [header, mailFrom, signs] of table) {
    const message = source(`${header}\r\n\r\nHi.\r\n`)
    const fields = Buffer.from(await signer.sign(message, mailFrom)).toString()
    assert.equal(/\sd=([^;]*);/.exec(fields)?.[1], signs, header)
  }
})

test('a header that is more than can be signed leaves the message as it is', async () => {
  const message = source(`From: ann@example.org\r\n${`X-Long: ${'x'.repeat(900)}\r\n`.repeat(400)}\r\nHi.\r\n`)
  assert.equal((await signer.sign(message, '')).length, 0)
  assert.equal(await whole(withFields(new Uint8Array(0), message)).then(({ length }) => length), message.size)
})

test('where keys or the message cannot be read, that is said', async () => {
  const broken = new MailSigner({ signing: () => Promise.reject(new Error('no store')) }, clock)
  await assert.rejects(broken.sign(source('From: ann@example.org\r\n\r\n'), ''), /no store/)
  const short: OctetSource = { size: 10, read: async () => new Uint8Array(0) }
  await assert.rejects(signer.sign(short, ''), /ends at 0 of 10/)
})

test('a message that is passed on is sealed with RSA', async () => {
  const message = source('From: eve@example.net\r\nSubject: x\r\n\r\nHi.\r\n')
  const arrival = { domain: 'example.org', results: 'mx.example.org; spf=pass smtp.mailfrom=example.net', chain: 'none' } as const
  const sealed = await whole(withFields(await signer.seal(message, arrival), message))
  const resolver = resolverOf(records)
  const found = (await dkimVerify(sealed, { resolver, curTime: new Date(clock.now()) })) as unknown as { arc: Parameters<typeof arc>[0] }
  assert.equal((await arc(found.arc, { resolver })).status.result, 'pass')
  for (const domain of ['xn--bcher-kva.example', 'elsewhere.example'])
    assert.equal((await signer.seal(message, { ...arrival, domain })).length, 0, domain)
})
