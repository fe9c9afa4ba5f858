import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { bodyOfStructure, MAX_DEPTH, MAX_HEADER_OCTETS, MAX_PARTS } from '../src/index.ts'
import { allParts, scan, structureOf, text } from './scan.ts'

const PLAIN = '"TEXT" "PLAIN" ("CHARSET" "US-ASCII") NIL NIL "7BIT"'
const NONE = 'NIL NIL NIL NIL'
const TEXT = (size: number, lines: number): string => `(${PLAIN} ${size} ${lines} ${NONE})`
const MIXED = (boundary: string): string => `"mixed" ("boundary" "${boundary}") NIL NIL NIL`
const HEAD = 'Content-Type: multipart/mixed; boundary=b\r\n\r\n'

const structures: [name: string, message: string, structure: string][] = [
  ['nothing', '', TEXT(0, 0)],
  ['no header', '\r\nabc\r\n', TEXT(5, 1)],
  ['no body', 'Subject: x\r\n\r\n', TEXT(0, 0)],
  ['no separator', 'Subject: x\r\n', TEXT(0, 0)],
  ['no final newline', '\r\na\r\nb', TEXT(4, 1)],
  ['bare line feeds', 'A: b\n\na\nb\n', TEXT(4, 2)],
  ['mixed line ends', 'A: b\r\nC: d\n\r\na\nb\r\n', TEXT(5, 2)],
  ['a bare CR ends nothing', 'A: b\r\r\n\r\na\rb', TEXT(3, 0)],
  ['one part', `${HEAD}--b\r\n\r\na\r\n--b--\r\n`, `(${TEXT(1, 0)} ${MIXED('b')})`],
  ['two parts', `${HEAD}--b\r\n\r\na\r\n--b\r\n\r\nbc\r\n\r\n--b--\r\n`, `(${TEXT(1, 0)}${TEXT(4, 1)} ${MIXED('b')})`],
  ['preamble and epilogue', `${HEAD}pre\r\n--b\r\n\r\na\r\n--b--\r\nepi\r\n--b\r\n\r\nno part\r\n`, `(${TEXT(1, 0)} ${MIXED('b')})`],
  ['no end delimiter', `${HEAD}--b\r\n\r\na\r\n`, `(${TEXT(3, 1)} ${MIXED('b')})`],
  ['end delimiter without line end', `${HEAD}--b\r\n\r\na\r\n--b--`, `(${TEXT(1, 0)} ${MIXED('b')})`],
  ['end delimiter cut off', `${HEAD}--b\r\n\r\na\r\n--b`, `(${TEXT(1, 0)} ${MIXED('b')})`],
  ['delimiter and nothing behind it', `${HEAD}--b\r\n\r\na\r\n--b\r\n`, `(${TEXT(1, 0)}${TEXT(0, 0)} ${MIXED('b')})`],
  ['nothing but a delimiter cut off', `${HEAD}--b`, `(${TEXT(3, 0)} ${MIXED('b')})`],
  ['delimiter followed by blanks', `${HEAD}--b \t\r\n\r\na\r\n--b-- \r\n`, `(${TEXT(1, 0)} ${MIXED('b')})`],
  ['longer than a delimiter', `${HEAD}--b\r\n\r\n--bc\r\n--b=\r\n--b--c\r\n--b--\r\n`, `(${TEXT(18, 2)} ${MIXED('b')})`],
  ['delimiter followed by words', `${HEAD}--b one\r\n\r\na\r\n--b-- end\r\nepilogue`, `(${TEXT(1, 0)} ${MIXED('b')})`],
  ['delimiter followed by signs', `${HEAD}--b>\r\n\r\na\r\n--b--\xe4\r\nepilogue`, `(${TEXT(1, 0)} ${MIXED('b')})`],
  [
    'boundary with blanks, beside one that is its first word',
    `Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: multipart/mixed; boundary="b c"\r\n\r\n--b c\r\n\r\na\r\n--b c--\r\n--b--\r\n`,
    `((${TEXT(1, 0)} ${MIXED('b c')}) ${MIXED('b')})`,
  ],
  [
    'boundary in sections and percent signs',
    "Content-Type: multipart/mixed; boundary*0*=us-ascii''%62; boundary*1=c; charset*=x\r\n\r\n--bc\r\nContent-Type: text/html; CHARSET*=us-ascii'en'utf-8\r\n\r\na\r\n--bc--\r\n",
    `(("text" "html" ("CHARSET*" "us-ascii'en'utf-8") NIL NIL "7BIT" 1 0 ${NONE}) "mixed" ("boundary*0*" "us-ascii''%62" "boundary*1" "c" "charset*" "x") NIL NIL NIL)`,
  ],
  ['delimiter in the midst of a line', `${HEAD}--b\r\n\r\nx--b\r\n--b--\r\n`, `(${TEXT(4, 0)} ${MIXED('b')})`],
  ['empty part', `${HEAD}--b\r\n\r\n--b--\r\n`, `(${TEXT(0, 0)} ${MIXED('b')})`],
  ['part without header and empty line', `${HEAD}--b\r\n--b--\r\n`, `(${TEXT(0, 0)} ${MIXED('b')})`],
  [
    'part without separator',
    `${HEAD}--b\r\nContent-ID: <x>\r\n--b--\r\n`,
    `(("TEXT" "PLAIN" ("CHARSET" "US-ASCII") "<x>" NIL "7BIT" 0 0 ${NONE}) ${MIXED('b')})`,
  ],
  ['boundary never seen', `${HEAD}abc\r\nd\r\n`, `(${TEXT(8, 2)} ${MIXED('b')})`],
  ['only the end delimiter', `${HEAD}abc\r\n--b--\r\n`, `(${TEXT(12, 2)} ${MIXED('b')})`],
  ['multipart without boundary', 'Content-Type: multipart/mixed\r\n\r\n--b\r\n\r\na\r\n', TEXT(10, 3)],
  [
    'multipart with an empty boundary',
    'Content-Type: multipart/mixed; boundary=""\r\n\r\n--\r\n',
    `("TEXT" "PLAIN" ("boundary" "" "CHARSET" "US-ASCII") NIL NIL "7BIT" 4 1 ${NONE})`,
  ],
  ['bare line feeds in a multipart', 'Content-Type: multipart/mixed; boundary=b\n\n--b\n\na\n\n--b--\n', `(${TEXT(2, 1)} ${MIXED('b')})`],
  [
    'boundary that is a prefix of the outer one',
    `Content-Type: multipart/mixed; boundary=bb\r\n\r\n--bb\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\na\r\n--b--\r\n--bb\r\n\r\nc\r\n--bb--\r\n`,
    `((${TEXT(1, 0)} ${MIXED('b')})${TEXT(1, 0)} ${MIXED('bb')})`,
  ],
  [
    'outer boundary that is a prefix of the inner one',
    `${HEAD}--b\r\nContent-Type: multipart/mixed; boundary=bb\r\n\r\n--bb\r\n\r\na\r\n--bb--\r\n--b\r\n\r\nc\r\n--b--\r\n`,
    `((${TEXT(1, 0)} ${MIXED('bb')})${TEXT(1, 0)} ${MIXED('b')})`,
  ],
  [
    'boundary that ends as an end delimiter does',
    'Content-Type: multipart/mixed; boundary=b--\r\n\r\n--b--\r\n\r\na\r\n--b----\r\n',
    `(${TEXT(1, 0)} ${MIXED('b--')})`,
  ],
  [
    'the same boundary inside',
    `${HEAD}--b\r\n${HEAD}--b\r\n\r\na\r\n--b--\r\n--b\r\n\r\nc\r\n--b--\r\n`,
    `((${TEXT(1, 0)} ${MIXED('b')})${TEXT(1, 0)} ${MIXED('b')})`,
  ],
  [
    'inner multipart not closed',
    `${HEAD}--b\r\nContent-Type: multipart/mixed; boundary=i\r\n\r\n--i\r\n\r\na\r\n--b\r\n\r\nc\r\n--b--\r\n`,
    `((${TEXT(1, 0)} ${MIXED('i')})${TEXT(1, 0)} ${MIXED('b')})`,
  ],
  [
    'digest',
    'Content-Type: multipart/digest; boundary=b\r\n\r\n--b\r\n\r\nSubject: s\r\n\r\na\r\n--b\r\nContent-Type: text/plain\r\n\r\nc\r\n--b--\r\n',
    `(("MESSAGE" "RFC822" NIL NIL NIL "7BIT" 15 (NIL "s" NIL NIL NIL NIL NIL NIL NIL NIL) ${TEXT(1, 0)} 2 ${NONE})` +
      `("text" "plain" ("CHARSET" "US-ASCII") NIL NIL "7BIT" 1 0 ${NONE}) "digest" ("boundary" "b") NIL NIL NIL)`,
  ],
  [
    'message in a message',
    'Content-Type: message/rfc822\r\n\r\nContent-Type: Message/RFC822\r\n\r\nSubject: s\r\n\r\na\r\n',
    `("message" "rfc822" NIL NIL NIL "7BIT" 49 (NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL) ("Message" "RFC822" NIL NIL NIL "7BIT" 17 ` +
      `(NIL "s" NIL NIL NIL NIL NIL NIL NIL NIL) ${TEXT(3, 1)} 3 ${NONE}) 5 ${NONE})`,
  ],
  [
    'message/global',
    'Content-Type: message/global\r\n\r\nSubject: s\r\n\r\na\r\n',
    `("message" "global" NIL NIL NIL "7BIT" 17 (NIL "s" NIL NIL NIL NIL NIL NIL NIL NIL) ${TEXT(3, 1)} 3 ${NONE})`,
  ],
  [
    'message cut off in its header by a delimiter',
    `${HEAD}--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: s\r\n--b--\r\n`,
    `(("message" "rfc822" NIL NIL NIL "7BIT" 12 (NIL "s" NIL NIL NIL NIL NIL NIL NIL NIL) ${TEXT(0, 0)} 1 ${NONE}) ${MIXED('b')})`,
  ],
  [
    'other message types are leaves',
    'Content-Type: message/delivery-status\r\n\r\na\r\n',
    `("message" "delivery-status" NIL NIL NIL "7BIT" 3 ${NONE})`,
  ],
  [
    'all fields',
    'Content-Type: Image/PNG (c); Name="a\\"b"; x=y z ; (c) q="" \r\nContent-Transfer-Encoding: Base64 (c)\r\nContent-ID: <i>\r\n' +
      "Content-Description: d\r\n e\r\nContent-MD5: m\r\nContent-Disposition: attachment; filename*0*=utf-8''%41; filename*1=b\r\n" +
      'Content-Language: de, en-GB\r\nContent-Location: http://x/\r\n\r\nAA==\r\n',
    '("Image" "PNG" ("Name" "a\\"b" "x" "y z" "q" "") "<i>" "d e" "Base64" 6 "m" ("attachment" ("filename*0*" "utf-8\'\'%41" "filename*1" "b")) ("de" "en-GB") "http://x/")',
  ],
  [
    'quoted encoding',
    'Content-Transfer-Encoding: "base64"; x\r\n\r\n',
    `("TEXT" "PLAIN" ("CHARSET" "US-ASCII") NIL NIL "base64" 0 0 ${NONE})`,
  ],
  ['one language', 'Content-Language: de\r\n\r\n', `(${PLAIN} 0 0 NIL NIL "de" NIL)`],
  [
    'type with blanks and comments',
    'Content-Type: text (c) / (d) html ; a=b\r\n\r\n',
    `("text" "html" ("a" "b" "CHARSET" "US-ASCII") NIL NIL "7BIT" 0 0 ${NONE})`,
  ],
  ['type with rubbish behind it', 'Content-Type: image/png>x; a=b\r\n\r\n', `("image" "png" ("a" "b") NIL NIL "7BIT" 0 ${NONE})`],
  [
    'type without subtype',
    'Content-Type: text/; a=b\r\n\r\n',
    `("TEXT" "PLAIN" ("a" "b" "CHARSET" "US-ASCII") NIL NIL "7BIT" 0 0 ${NONE})`,
  ],
  ['unreadable type', 'Content-Type: pdf; name=x\r\n\r\n', `("TEXT" "PLAIN" ("name" "x" "CHARSET" "US-ASCII") NIL NIL "7BIT" 0 0 ${NONE})`],
  [
    'parameters without separator',
    'Content-Type: text/html charset=utf-8\r\n\r\n',
    `("text" "html" ("charset" "utf-8") NIL NIL "7BIT" 0 0 ${NONE})`,
  ],
  [
    'parameters without value',
    'Content-Type: text/html; a; ;=; b=\r\n\r\n',
    `("text" "html" ("b" "" "CHARSET" "US-ASCII") NIL NIL "7BIT" 0 0 ${NONE})`,
  ],
  ['eight bits', 'Content-Description: \xe4\r\n\r\n', `("TEXT" "PLAIN" ("CHARSET" "US-ASCII") NIL {1}\r\n\xe4 "7BIT" 0 0 ${NONE})`],
]
describe('BODYSTRUCTURE', () => {
  for (const [name, message, structure] of structures) {
    test(name, () => assert.equal(text(scan(message).bodyStructure), structure))
  }
})

const bodies: [message: string, body: string][] = [
  ['\r\na', `(${PLAIN} 1 0)`],
  [
    'Content-Type: image/png; a="(\\")"; b=\xe4)"\r\nContent-Language: a,b\r\n\r\na',
    `("image" "png" ("a" "(\\")" "b" {3}\r\n\xe4)") NIL NIL "7BIT" 1)`,
  ],
  [
    `${HEAD}--b\r\nContent-Type: Message/RFC822\r\n\r\nSubject: (\r\n\r\na\r\n--b\r\nContent-Type: text/x\r\nContent-Disposition: inline\r\n\r\n--b--\r\n`,
    `(("Message" "RFC822" NIL NIL NIL "7BIT" 15 (NIL "(" NIL NIL NIL NIL NIL NIL NIL NIL) (${PLAIN} 1 0) 2)("text" "x" ("CHARSET" "US-ASCII") NIL NIL "7BIT" 0 0) "mixed")`,
  ],
]
describe('BODY is BODYSTRUCTURE without its extension data', () => {
  for (const [message, body] of bodies) {
    test(JSON.stringify(message.slice(0, 40)), () => assert.equal(text(bodyOfStructure(scan(message).bodyStructure)), body))
  }
})

test('the header size covers the empty line', () => {
  assert.equal(scan('A: b\r\n\r\nc').headerSize, 8)
  assert.equal(scan('A: b\n\nc').headerSize, 6)
  assert.equal(scan('A: b').headerSize, 4)
})

test('the common fields are kept as they stand, in their order', () => {
  const message = 'X-A: 1\r\nto: a@b,\r\n\tc@d\r\nX-B: 2\r\nsubject : s\r\nFrom: e@f\r\nno field\r\nDATE: x\r\n\r\nTo: body\r\n'
  assert.equal(text(scan(message).headers), 'to: a@b,\r\n\tc@d\r\nsubject : s\r\nFrom: e@f\r\nDATE: x\r\n')
})

test('a header above the limit keeps no common fields, and its ENVELOPE knows the fields before the limit', () => {
  const rendered = scan(`Subject: s\r\n${'X-A: b\r\n'.repeat(MAX_HEADER_OCTETS / 8)}From: a@b\r\n\r\nbody`)
  assert.equal(rendered.headers.length, 0)
  assert.equal(text(rendered.envelope), '(NIL "s" NIL NIL NIL NIL NIL NIL NIL NIL)')
  assert.equal(structureOf(rendered).end - structureOf(rendered).body, 4)
})

test('beyond the depth limit a multipart is opaque', () => {
  let message = ''
  for (let level = 0; level <= MAX_DEPTH + 5; level++) message += `Content-Type: multipart/mixed; boundary=b${level}\r\n\r\n--b${level}\r\n`
  const rendered = scan(message)
  const parts = [...allParts(structureOf(rendered))]
  assert.equal(parts.length, MAX_DEPTH + 1)
  const last = parts.at(-1)
  assert.deepEqual([last?.kind, last?.end], ['opaque', message.length])
  assert.match(text(rendered.bodyStructure), /\("APPLICATION" "OCTET-STREAM" NIL NIL NIL "7BIT" \d+ NIL NIL NIL NIL\)/)
})

test('beyond the limit of parts the last one takes the rest', () => {
  const message = `${HEAD}${'--b\r\n\r\n'.repeat(MAX_PARTS + 10)}--b--\r\n`
  const root = structureOf(scan(message))
  assert.equal(root.children.length, MAX_PARTS - 1)
  assert.deepEqual([root.children.at(-1)?.kind, root.children.at(-1)?.end], ['opaque', message.length])
})

test('message ids for threads', () => {
  const rendered = scan('Message-ID: <a@b>\r\nReferences: <1@x>\r\n <2@x> junk <1@x> <3\r\n @x>\r\nIn-Reply-To: "x" <4@x> <5@x>\r\n\r\n')
  assert.equal(rendered.messageId, 'a@b')
  assert.deepEqual(rendered.references, ['1@x', '2@x', '3@x', '4@x'])
  assert.equal(scan('Message-ID: a@b\r\n\r\n').messageId, 'a@b')
  assert.equal(scan('Message-ID: a b\r\n\r\n').messageId, undefined)
  assert.deepEqual(scan('References: <2@x> <1@x>\r\nIn-Reply-To: <2@x>\r\n\r\n').references, ['2@x', '1@x'])
  const many = Array.from({ length: 80 }, (_, i) => `<${i}@x>`).join(' ')
  assert.deepEqual(scan(`References: ${many}\r\n\r\n`).references.slice(-1), ['79@x'])
  assert.equal(scan(`References: ${many}\r\n\r\n`).references.length, 50)
})
