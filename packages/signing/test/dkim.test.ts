import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readHeader } from '@mailstead/mime'
import { corpusFolder, corpusMessages, NO_CORPUS, withSeed } from '@mailstead/testkit'
import { dkimVerify } from 'mailauth/lib/dkim/verify.js'
import { MessageDigest, signMessage, type SigningKey } from '../src/index.ts'
import { MAX_SIGNED_FIELDS } from '../src/limits.ts'
import { relaxedField } from '../src/relaxed.ts'
import { signatureOf } from '../src/tags.ts'
import { resolverOf, RFC_ED25519, RFC_RSA, testKeys } from './keys-of-tests.ts'

const keys = await testKeys('example.org')
const resolver = resolverOf(keys.records)
const AT = 1_800_000_000

const MESSAGE = Buffer.from(
  [
    'Received: by mail.example.org id 1; Fri, 1 Jan 2027 00:00:00 +0000',
    'From: Ann <ann@example.org>',
    'To: Ben <ben@example.net>,',
    '\tCaspar <caspar@example.net>',
    'Subject: Is   dinner\tready?',
    'Date: Fri, 1 Jan 2027 00:00:00 +0000',
    'Message-ID: <1@example.org>',
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
    'Content-Features: none',
    '',
    'Hi.',
    '',
    'We lost the game.  Are you hungry yet? ',
    '',
    '',
  ].join('\r\n'),
)

async function sign(message: Uint8Array, by: readonly SigningKey[] = [keys.rsa, keys.ed25519]): Promise<Buffer> {
  const digest = new MessageDigest()
  digest.write(message)
  const digested = digest.finish()
  assert.ok(digested)
  const signatures = await signMessage(digested, by, AT)
  assert.ok(signatures)
  return Buffer.concat([signatures, message])
}

/** What mailauth says of each signature. */
async function verdicts(message: Uint8Array): Promise<string[]> {
  const { results } = await dkimVerify(Buffer.from(message), { resolver, strict: true, curTime: new Date(AT * 1000 + 60_000) })
  return results.map(({ status }) => status.result)
}

test('the signatures of RFC 8463 appendix A are made octet for octet', async () => {
  const message = [
    'From: Joe SixPack <joe@football.example.com>',
    'To: Suzie Q <suzie@shopping.example.net>',
    'Subject: Is dinner ready?',
    'Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)',
    'Message-ID: <20030712040037.46341.5F8J@football.example.com>',
    '',
    'Hi.',
    '',
    'We lost the game.  Are you hungry yet?',
    '',
    'Joe.',
    '',
  ].join('\r\n')
  const digest = new MessageDigest()
  digest.write(Buffer.from(message))
  const digested = digest.finish()
  assert.equal(digested?.bodyHash, '2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=')
  const covered = ['from', 'to', 'subject', 'date', 'message-id'].map((name) => {
    const field = digested.fields.find((each) => each.name.toLowerCase() === name)
    assert.ok(field)
    return `${relaxedField(field)}\r\n`
  })
  const examples = [
    {
      algorithm: 'ed25519-sha256',
      privateKey: RFC_ED25519,
      field:
        'DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;\r\n d=football.example.com; i=@football.example.com;\r\n' +
        ' q=dns/txt; s=brisbane; t=1528637909; h=from : to :\r\n subject : date : message-id : from : subject : date;\r\n' +
        ' bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n b=',
      signature: '/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11BusFa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==',
    },
    {
      algorithm: 'rsa-sha256',
      privateKey: RFC_RSA,
      field:
        'DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;\r\n d=football.example.com; i=@football.example.com;\r\n' +
        ' q=dns/txt; s=test; t=1528637909; h=from : to : subject :\r\n date : message-id : from : subject : date;\r\n' +
        ' bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n b=',
      signature:
        'F45dVWDfMbQDGHJFlXUNB2HKfbCeLRyhDXgFpEL8GwpsRe0IeIixNTe3DhCVlUrSjV4BwcVcOF6+FF3Zo9Rpo1tFOeS9mPYQTnGdaSGsgeefOsk2Jz' +
        'dA+L10TeYt9BgDfQNZtKdN1WO//KgIqXP7OdEFE4LjFYNcUxZQ4FADY+8=',
    },
  ] as const
  for (const { algorithm, privateKey, field, signature } of examples) {
    const [own] = readHeader(Buffer.from(field))
    assert.ok(own)
    const data = Buffer.from(covered.join('') + relaxedField(own))
    const made = await signatureOf(data, { domain: 'football.example.com', selector: '', algorithm, privateKey })
    assert.equal(made.toString('base64'), signature, algorithm)
  }
})

test('both signatures verify, and their fields are written as mail is', async () => {
  const signed = await sign(MESSAGE)
  assert.deepEqual(await verdicts(signed), ['pass', 'pass'])
  const own = signed.subarray(0, signed.length - MESSAGE.length).toString()
  assert.match(own, /^DKIM-Signature: v=1; a=rsa-sha256; c=relaxed\/relaxed; d=example\.org; s=r1;\r\n\t/)
  for (const line of own.split('\r\n')) assert.ok(line.length <= 78, line)
  assert.ok(own.endsWith('\r\n'))
  const [rsa, ed25519, ...more] = readHeader(Buffer.from(own))
  assert.ok(rsa && ed25519 && more.length === 0)
  const names = /h=([^;]*);/.exec(rsa.value)?.[1]?.replaceAll(/\s/g, '').split(':') ?? []
  const times = (name: string): number => names.filter((each) => each.toLowerCase() === name).length
  for (const name of ['from', 'to', 'subject', 'date', 'message-id', 'mime-version', 'content-type', 'content-features'])
    assert.equal(times(name), 2, name)
  for (const name of ['sender', 'reply-to', 'cc', 'in-reply-to', 'references', 'list-unsubscribe', 'list-unsubscribe-post', 'list-id'])
    assert.equal(times(name), 1, name)
  for (const name of ['received', 'return-path', 'bcc', 'comments', 'keywords', 'dkim-signature']) assert.equal(times(name), 0, name)
  assert.ok(!/[;\s](?:l|x|z)=/.test(rsa.value))
})

test('what is changed, added or taken out breaks both; what is not signed breaks nothing', async () => {
  const signed = (await sign(MESSAGE)).toString()
  const broken: readonly [string, string][] = [
    ['a letter of the body', signed.replace('game', 'fame')],
    ['a line more', `${signed}P.S.\r\n`],
    ['a subject', signed.replace('dinner', 'supper')],
    ['a second From on top', `From: Eve <eve@example.net>\r\n${signed}`],
    ['a second From below', signed.replace('Subject:', 'From: Eve <eve@example.net>\r\nSubject:')],
    ['a Reply-To', `Reply-To: eve@example.net\r\n${signed}`],
    ['a Content-Type', `Content-Type: text/html\r\n${signed}`],
    ['a List-Unsubscribe-Post', `List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n${signed}`],
    ['one of a family that was there', `Content-Features: all\r\n${signed}`],
    ['no Date', signed.replace(/\r\nDate: [^\r]*/, '')],
  ]
  for (const [what, message] of broken) {
    assert.notEqual(message, signed, what)
    const found = await verdicts(Buffer.from(message))
    assert.ok(found.length === 2 && !found.includes('pass'), `${what}: ${found.join(', ')}`)
  }
  const harmless: readonly string[] = [
    `Received: from elsewhere\r\n${signed}`,
    signed.replace('Subject: Is   dinner\tready?', 'SUBJECT:  Is dinner\r\n ready? '),
    signed.replace('game.  Are', 'game. \t Are'),
    `${signed}\r\n\r\n`,
  ]
  for (const message of harmless) assert.deepEqual(await verdicts(Buffer.from(message)), ['pass', 'pass'], message)
})

test('fields of one name are signed from the last one up', async () => {
  const twice = Buffer.from(MESSAGE.toString().replace('Subject:', 'List-Help: <a>\r\nList-Help: <b>\r\nSubject:'))
  const signed = (await sign(twice)).toString()
  assert.deepEqual(await verdicts(Buffer.from(signed)), ['pass', 'pass'])
  const swapped = signed.replace('List-Help: <a>\r\nList-Help: <b>', 'List-Help: <b>\r\nList-Help: <a>')
  assert.deepEqual(await verdicts(Buffer.from(swapped)), ['fail', 'fail'])
})

test('a header in UTF-8 is signed as it stands, and names its domain in A-labels (RFC 8616)', async () => {
  const idn = await testKeys('xn--bcher-kva.example')
  const message = Buffer.from(
    'From: Jörg <jörg@bücher.example>\r\nSubject: Grüße, ваш\r\nDate: Fri, 1 Jan 2027 00:00:00 +0000\r\n\r\nüber\r\n',
  )
  const signed = await sign(message, [idn.rsa, idn.ed25519])
  const { results } = await dkimVerify(signed, { resolver: resolverOf(idn.records), strict: true, curTime: new Date(AT * 1000) })
  assert.deepEqual(
    results.map(({ status, signingDomain }) => [status.result, signingDomain]),
    [
      ['pass', 'xn--bcher-kva.example'],
      ['pass', 'xn--bcher-kva.example'],
    ],
  )
})

test('a message with more fields than a signature names is not signed', async () => {
  const many = (count: number): MessageDigest => {
    const digest = new MessageDigest()
    digest.write(Buffer.from(`From: a@example.org\r\n${'To: b@example.net\r\n'.repeat(count)}\r\n`))
    return digest
  }
  const some = many(MAX_SIGNED_FIELDS - 50).finish()
  const tooMany = many(MAX_SIGNED_FIELDS).finish()
  assert.ok(some && tooMany)
  assert.ok(await signMessage(some, [keys.ed25519], AT))
  assert.equal(await signMessage(tooMany, [keys.ed25519], AT), undefined)
})

test('real mail of every kind verifies once it is signed', { skip: NO_CORPUS }, async () => {
  await withSeed(async (random) => {
    let signed = 0
    for (const { name, octets } of corpusMessages(corpusFolder() ?? '', { archives: false })) {
      if (octets.length > 200_000 || !random.chance(0.2)) continue
      const message = normalised(octets)
      const digest = new MessageDigest()
      for (const piece of random.split(message, 5000)) digest.write(piece)
      const digested = digest.finish()
      // Where a line is no field every verifier has a header of its own.
      if (digested === undefined || !digested.fields.every((field) => /^[!-9;-~]+$/.test(field.name))) continue
      if (!digested.fields.some((field) => /^from$/i.test(field.name))) continue
      const made = await signMessage(digested, [keys.rsa, keys.ed25519], AT)
      if (made === undefined) continue
      signed++
      const { results } = await dkimVerify(Buffer.concat([made, message]), { resolver, curTime: new Date(AT * 1000) })
      const ours = results.filter(({ signingDomain, selector }) => signingDomain === 'example.org' && /^[re]1$/.test(selector ?? ''))
      assert.deepEqual(
        ours.map(({ status }) => status.result),
        ['pass', 'pass'],
        name,
      )
    }
    assert.ok(signed > 100, `${signed} messages`)
  })
})

/** As submission leaves it: CRLF ends every line, and there is no other CR or LF. */
function normalised(octets: Buffer): Buffer {
  return Buffer.from(octets.toString('latin1').replaceAll(/\r\n|\r|\n/g, '\r\n'), 'latin1')
}
