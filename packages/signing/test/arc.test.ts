import assert from 'node:assert/strict'
import { createPublicKey, verify } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { readHeader } from '@mailstead/mime'
import { corpusFolder, NO_CORPUS } from '@mailstead/testkit'
import { arc } from 'mailauth/lib/arc/index.js'
import { dkimVerify } from 'mailauth/lib/dkim/verify.js'
import { MessageDigest, sealMessage, signMessage, type ChainStatus, type SigningKey } from '../src/index.ts'
import { relaxedField } from '../src/relaxed.ts'
import { readTag } from '../src/tags.ts'
import { resolverOf, testKeys } from './keys-of-tests.ts'

const [first, second, third] = await Promise.all(['first.example', 'second.example', 'third.example'].map(testKeys))
assert.ok(first && second && third)
const records = { ...first.records, ...second.records, ...third.records }
const AT = 1_800_000_000

const MESSAGE = Buffer.from(
  'From: Ann <ann@example.org>\r\nTo: ben@example.net\r\nSubject: a\r\nDate: Fri, 1 Jan 2027 00:00:00 +0000\r\n\r\nHi.\r\n',
)

async function seal(message: Uint8Array, chain: ChainStatus, key: SigningKey): Promise<Buffer | undefined> {
  const digest = new MessageDigest()
  digest.write(message)
  const digested = digest.finish()
  assert.ok(digested)
  const results = `mx.${key.domain};\r\n\tspf=pass smtp.mailfrom=example.org;\r\n\tarc=${chain}`
  const set = await sealMessage(digested, { key, results, chain, at: AT })
  return set === undefined ? undefined : Buffer.concat([set, message])
}

/** What mailauth says of the chain. */
async function statusOf(message: Uint8Array, known: Readonly<Record<string, string>> = records): Promise<string> {
  const resolver = resolverOf(known)
  const { arc: data } = (await dkimVerify(Buffer.from(message), { resolver, curTime: new Date(AT * 1000) })) as unknown as {
    arc: Parameters<typeof arc>[0]
  }
  return (await arc(data, { resolver })).status.result
}

function cvOf(message: Uint8Array): string | undefined {
  return /cv=(\w+)/.exec(readHeader(message)[0]?.value ?? '')?.[1]
}

test('a chain of three sets passes, each sealed as what it found', async () => {
  const one = await seal(MESSAGE, 'none', first.rsa)
  assert.ok(one)
  assert.deepEqual([cvOf(one), await statusOf(one)], ['none', 'pass'])
  const two = await seal(Buffer.concat([Buffer.from('Received: by second.example\r\n'), one]), 'pass', second.ed25519)
  assert.ok(two)
  assert.deepEqual([cvOf(two), await statusOf(two)], ['pass', 'pass'])
  const three = await seal(two, 'pass', third.rsa)
  assert.ok(three)
  assert.deepEqual([cvOf(three), await statusOf(three)], ['pass', 'pass'])
  const names = readHeader(three)
    .map(({ name, value }) => `${name} ${/i=\d/.exec(value)?.[0] ?? ''}`)
    .slice(0, 3)
  assert.deepEqual(names, ['ARC-Seal i=3', 'ARC-Message-Signature i=3', 'ARC-Authentication-Results i=3'])
  for (const line of three.toString().split('\r\n')) assert.ok(line.length <= 78, line)
  for (const broken of [
    three.toString().replace('Hi.', 'Ho.'),
    three.toString().replace('spf=pass', 'spf=fail'),
    three.toString().replace('Subject: a', 'Subject: b'),
    `Reply-To: eve@example.com\r\n${three.toString()}`,
  ])
    assert.equal(await statusOf(Buffer.from(broken)), 'fail')
})

test("the author's signatures are covered, and stay good", async () => {
  const digest = new MessageDigest()
  digest.write(MESSAGE)
  const digested = digest.finish()
  assert.ok(digested)
  const signatures = await signMessage(digested, [third.rsa, third.ed25519], AT)
  assert.ok(signatures)
  const sealed = await seal(Buffer.concat([signatures, MESSAGE]), 'none', first.rsa)
  assert.ok(sealed)
  assert.match(sealed.toString('latin1').replaceAll(/\s/g, ''), /:dkim-signature:dkim-signature;bh=/)
  const { results } = await dkimVerify(sealed, { resolver: resolverOf(records), curTime: new Date(AT * 1000) })
  assert.deepEqual(
    results.map(({ status }) => status.result),
    ['pass', 'pass'],
  )
  assert.equal(await statusOf(sealed), 'pass')
})

test('a chain that fails is sealed as failed by itself, once, and never passes again', async () => {
  const one = await seal(MESSAGE, 'none', first.rsa)
  assert.ok(one)
  const two = await seal(Buffer.from(one.toString().replace('Hi.', 'Ho.')), 'fail', second.rsa)
  assert.ok(two)
  assert.deepEqual([cvOf(two), await statusOf(two)], ['fail', 'fail'])
  // Section 5.1.2: over its own set alone.
  const [own, signature, authentication] = readHeader(two)
  assert.ok(own && signature && authentication)
  const text = Buffer.from(own.raw).toString('latin1')
  const unsigned = { ...own, raw: Buffer.from(text.replace(/(\sb=)[^]*/, '$1'), 'latin1') }
  const data = `${relaxedField(authentication)}\r\n${relaxedField(signature)}\r\n${relaxedField(unsigned)}`
  const value = Buffer.from(readTag(own.value, 'b') ?? '', 'base64')
  assert.ok(
    verify('sha256', Buffer.from(data, 'latin1'), createPublicKey(second.rsa.privateKey.export({ type: 'pkcs8', format: 'pem' })), value),
  )
  assert.equal(await seal(two, 'fail', third.rsa), undefined)
  assert.equal(await seal(two, 'pass', third.rsa), undefined)
})

test('sets that are no chain are sealed as failed, whatever the caller says', async () => {
  const one = (await seal(MESSAGE, 'none', first.rsa))?.toString() ?? ''
  const two = (await seal(Buffer.from(one), 'pass', second.rsa))?.toString() ?? ''
  const without = (name: string, text = two): string => text.replace(new RegExp(`${name}: i=2[^]*?\\r\\n(?!\\t)`), '')
  const odd: readonly string[] = [
    without('ARC-Authentication-Results'),
    without('ARC-Message-Signature'),
    without('ARC-Seal'),
    two.replaceAll('i=1;', 'i=3;'),
    two.replace('ARC-Seal: i=1;', 'ARC-Seal: i=x;'),
    `${two.slice(0, two.indexOf('ARC-Message-Signature: i=2'))}${two}`,
    two.replace('cv=none', 'cv=pass'),
    two.replace('cv=pass', 'cv=none'),
  ]
  for (const message of odd) {
    assert.notEqual(message, two)
    const sealed = await seal(Buffer.from(message), 'pass', third.rsa)
    assert.ok(sealed)
    assert.deepEqual([cvOf(sealed), await statusOf(sealed)], ['fail', 'fail'], message)
  }
  // Who finds a chain where validation saw none does not begin another one.
  const found = await seal(Buffer.from(one), 'none', third.rsa)
  assert.ok(found)
  assert.equal(cvOf(found), 'fail')
})

test('a chain ends at fifty sets (RFC 8617 section 4.2.1)', async () => {
  let message: Buffer | undefined = MESSAGE
  for (let i = 1; i <= 50; i++) {
    message = await seal(message, i === 1 ? 'none' : 'pass', first.ed25519)
    assert.ok(message)
  }
  assert.equal(await statusOf(message), 'pass')
  assert.equal(await seal(message, 'pass', first.ed25519), undefined)
})

interface Suite {
  readonly tests: Readonly<Record<string, { readonly message: string; readonly cv: string | null }>>
  readonly 'txt-records': Readonly<Record<string, string>>
}

test('every message of the ARC test suite can be sealed as it deserves', { skip: NO_CORPUS }, async () => {
  const path = join(corpusFolder() ?? '', 'postalsys-mailauth/fixtures/arc/arc-draft-validation-tests.json')
  const counts: Record<string, number> = {}
  for (const suite of JSON.parse(readFileSync(path, 'utf8')) as Suite[]) {
    for (const [name, { message: text, cv }] of Object.entries(suite.tests)) {
      // Nothing is what the suite wants of a sealer that stops.
      const chain = (cv === null ? 'none' : cv === '' ? 'fail' : cv.toLowerCase()) as ChainStatus
      const message = Buffer.from(text.replaceAll('\n', '\r\n'), 'utf8')
      const sealed = await seal(message, chain, third.rsa)
      if (sealed === undefined) {
        counts['ended'] = (counts['ended'] ?? 0) + 1
        assert.equal(chain, 'fail', name)
        continue
      }
      const found = await statusOf(sealed, { ...suite['txt-records'], ...records })
      counts[chain] = (counts[chain] ?? 0) + 1
      assert.deepEqual([cvOf(sealed), found], [chain, chain === 'fail' ? 'fail' : 'pass'], name)
    }
  }
  assert.ok((counts['pass'] ?? 0) > 30 && (counts['fail'] ?? 0) > 50, JSON.stringify(counts))
})
