import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MessageScanner, partStructure } from '../src/index.ts'

function structureOf(lines: readonly string[]): Uint8Array {
  const scanner = new MessageScanner()
  scanner.push(Buffer.from(lines.join('\r\n')))
  return scanner.end().bodyStructure
}

const leaf = (type: string, ...more: string[]): string[] => [`Content-Type: ${type}`, ...more, '', 'aGVsbG8=']

const nested = structureOf([
  'MIME-Version: 1.0',
  'Content-Type: multipart/mixed; boundary=a',
  '',
  '--a',
  ...leaf('text/plain; name="a \\"(quoted) name"'),
  '--a',
  'Content-Type: message/rfc822',
  '',
  'Subject: (odd "subject) here',
  'MIME-Version: 1.0',
  'Content-Type: multipart/alternative; boundary=b',
  '',
  '--b',
  ...leaf('text/html'),
  '--b',
  ...leaf('image/png', 'Content-Transfer-Encoding: base64', 'Content-Description: =?utf-8?q?x?='),
  '--b--',
  '--a',
  'Content-Type: message/rfc822',
  '',
  'Content-Type: application/x-alone',
  '',
  'alone',
  '--a--',
  '',
])

const found: [numbers: number[], pattern: RegExp][] = [
  [[], /^\(\("text" "plain" .*"mixed" /is],
  [[1], /^\("text" "plain" \("name" "a \\"\(quoted\) name" /i],
  [[2], /^\("message" "rfc822" .*"alternative" /is],
  [[2, 1], /^\("text" "html" /i],
  [[2, 2], /^\("image" "png" NIL NIL "=\?utf-8\?q\?x\?=" "base64" 8 .*\)$/i],
  [[3, 1], /^\("application" "x-alone" /i],
]
for (const [numbers, pattern] of found) {
  test(`part ${numbers.join('.')} is found`, () => assert.match(partStructure(nested, numbers) ?? '', pattern))
}

for (const numbers of [[4], [5], [1, 1], [2, 3], [2, 2, 1], [3, 2], [3, 1, 1]]) {
  test(`there is no part ${numbers.join('.')}`, () => assert.equal(partStructure(nested, numbers), undefined))
}

test('a message that is no multipart has itself as part 1, and nothing else', () => {
  const plain = structureOf(leaf('text/plain'))
  assert.equal(partStructure(plain, [1]), partStructure(plain, []))
  assert.equal(partStructure(plain, [2]), undefined)
  assert.equal(partStructure(plain, [1, 1]), undefined)
})

test('content without its encoding is told as binary, in the octets it then has', () => {
  assert.match(partStructure(nested, [2, 2], 5) ?? '', /^\("image" "png" NIL NIL "=\?utf-8\?q\?x\?=" "BINARY" 5 .*\)$/i)
  assert.equal(partStructure(nested, [2], 5), partStructure(nested, [2]))
})

test('literals and parts of thousands', () => {
  const many = Array.from({ length: 500 }, (_, index) => ['--a', ...leaf(`text/x-${index}`, `Content-Description: \xe4(${index}`)]).flat()
  const structure = structureOf(['Content-Type: multipart/mixed; boundary=a', '', ...many, '--a--'])
  assert.match(partStructure(structure, [500]) ?? '', /^\("text" "x-499" /i)
})
