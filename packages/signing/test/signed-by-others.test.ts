import assert from 'node:assert/strict'
import { createHash, createPublicKey, verify } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { makeField, type HeaderField } from '@mailstead/mime'
import { corpusFolder, corpusMessages, NO_CORPUS } from '@mailstead/testkit'
import { MessageDigest, type DigestedMessage } from '../src/index.ts'
import { relaxedField } from '../src/relaxed.ts'
import { readTag } from '../src/tags.ts'

const tagOf = (field: HeaderField, name: string): string => readTag(field.value, name) ?? ''

/** Whether a signature over relaxed fields, made by others with the key of `record`, holds over what we take for the header. */
function holds({ fields }: DigestedMessage, signature: HeaderField, record: string): boolean {
  const left = fields.filter((field) => field !== signature)
  const covered = tagOf(signature, 'h')
    .split(':')
    .map((name) => {
      const at = left.findLastIndex((field) => field.name.toLowerCase() === name.toLowerCase())
      return at < 0 ? '' : `${relaxedField(...(left.splice(at, 1) as [HeaderField]))}\r\n`
    })
  const own = Buffer.from(signature.raw).toString('latin1')
  const unsigned = own
    .slice(own.indexOf(':') + 1)
    .replace(/([\s;]b=)[^;]*/, '$1')
    .trim()
  const data = Buffer.from(covered.join('') + relaxedField(makeField(signature.name, unsigned)), 'latin1')
  const key = Buffer.from(readTag(record, 'p') ?? '', 'base64')
  const value = Buffer.from(tagOf(signature, 'b'), 'base64')
  const algorithm = tagOf(signature, 'a')
  if (algorithm !== 'ed25519-sha256')
    return verify(algorithm.replace('rsa-', ''), data, createPublicKey({ key, format: 'der', type: 'spki' }), value)
  const publicKey = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: key.toString('base64url') }, format: 'jwk' })
  return verify(null, createHash('sha256').update(data).digest(), publicKey, value)
}

/** Key records of the suites: `name value` in each line. */
function records(): ReadonlyMap<string, string> {
  const lines = ['mail-dkim-perl', 'jdkim/Mail-DKIM'].flatMap((suite) =>
    readFileSync(join(corpusFolder() ?? '', suite, 'FAKE_DNS.dat'), 'latin1').split('\n'),
  )
  return new Map(lines.map((line) => [/^\S*/.exec(line)?.[0] ?? '', line.replace(/^\S*\s*/, '').trim()]))
}

test('signatures that others made hold over messages as they are read here', { skip: NO_CORPUS }, () => {
  const known = records()
  const headers = new Set<string>()
  let bodies = 0
  for (const { name, octets } of corpusMessages(corpusFolder() ?? '')) {
    if (!octets.includes('DKIM-Signature:')) continue
    const digest = new MessageDigest()
    digest.write(Buffer.from(octets.toString('latin1').replaceAll(/\r\n|\r|\n/g, '\r\n'), 'latin1'))
    const digested = digest.finish()
    for (const field of digested?.fields ?? []) {
      if (digested === undefined || field.name.toLowerCase() !== 'dkim-signature') continue
      const [header, body] = tagOf(field, 'c').split('/')
      if (body === 'relaxed' && tagOf(field, 'bh') === digested.bodyHash) bodies++
      const record = known.get(`${tagOf(field, 's')}._domainkey.${tagOf(field, 'd')}`)
      if (header === 'relaxed' && !name.includes('badkey') && /p=\w/.test(record ?? '') && holds(digested, field, record ?? ''))
        headers.add(name)
    }
  }
  assert.ok(bodies >= 50, `${bodies} bodies`)
  assert.ok(headers.size >= 12, `${headers.size} headers`)
})
