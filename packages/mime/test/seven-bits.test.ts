import assert from 'node:assert/strict'
import { test } from 'node:test'
import { corpusFolder, corpusMessages, NO_CORPUS, withSeed, type Random } from '@mailstead/testkit'
import {
  CannotReencode,
  fieldText,
  inSevenBits,
  planRewriting,
  readHeader,
  rewrittenSource,
  transferDecoder,
  type OctetSource,
  type Part,
} from '../src/index.ts'
import { LineCheck } from '../src/octet-check.ts'
import { scan, structureOf } from './scan.ts'

const MAX_LINE = 998

function sourceOf(message: Uint8Array, step = 1_000_000): OctetSource {
  return { size: message.length, read: async (offset, length) => message.subarray(offset, offset + Math.min(length, step)) }
}

async function readAll(source: OctetSource, step: number): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  for (let at = 0; at < source.size;) {
    const octets = await source.read(at, step)
    assert.ok(octets.length > 0 && octets.length <= step, `${octets.length} octets at ${at} of ${source.size}`)
    pieces.push(octets)
    at += octets.length
  }
  assert.equal((await source.read(source.size, step)).length, 0)
  return Buffer.concat(pieces)
}

interface How {
  readonly maxLine?: number
  readonly unknown?: boolean
  readonly step?: number
}

/** The message in 7 bits; `same`: it is; or why it cannot be had. */
async function converted(
  message: Uint8Array,
  { maxLine = MAX_LINE, unknown = true, step = 1_000_000 }: How = {},
): Promise<Buffer | string> {
  const source = sourceOf(message, step)
  try {
    const plan = await planRewriting(source, inSevenBits(unknown, maxLine), () => undefined)
    return plan === undefined
      ? 'same'
      : await readAll(
          rewrittenSource(source, plan, () => undefined),
          step,
        )
  } catch (error) {
    if (error instanceof CannotReencode) return error.reason
    throw error
  }
}

const octets = (text: string): Buffer => Buffer.from(text, 'utf8')
const MIXED = 'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n'
const CTE = 'Content-Transfer-Encoding: '
const TEXT = 'Content-Type: text/plain; charset=utf-8\r\n'
const QP = `${CTE}quoted-printable\r\n`
const B64 = `${CTE}base64\r\n`
const base64 = (text: string): string => octets(text).toString('base64')

const written: [what: string, message: string, becomes: string][] = [
  [
    'text with few such octets',
    `${TEXT}\r\nein Wort: grün, 1=1 \r\n.\r\n`,
    `${TEXT}${QP}MIME-Version: 1.0\r\n\r\nein Wort: gr=C3=BCn, 1=3D1=20\r\n.\r\n`,
  ],
  [
    'text with many',
    `MIME-Version: 1.0\r\n${TEXT}${CTE}8bit\r\n\r\nпривет\r\n`,
    `MIME-Version: 1.0\r\n${TEXT}${B64}\r\n${base64('привет\r\n')}\r\n`,
  ],
  ['text without an end', `${TEXT}MIME-Version: 1.0\r\n\r\nthat was grün`, `${TEXT}MIME-Version: 1.0\r\n${QP}\r\nthat was gr=C3=BCn=\r\n`],
  [
    'a part, and the labels around it',
    `${MIXED}${CTE}8bit\r\n\r\n--b\r\n${TEXT}\r\nwords, and a ü\r\n--b\r\n${CTE}8bit\r\nContent-Type: image/x\r\n\r\nü\r\n--b\r\n${CTE}8bit\r\n\r\nplain\r\n--b--\r\n`,
    `${MIXED}${CTE}7bit\r\n\r\n--b\r\n${TEXT}${QP}\r\nwords, and a =C3=BC\r\n--b\r\n${B64}Content-Type: image/x\r\n\r\n${base64('ü')}\r\n--b\r\n${CTE}7bit\r\n\r\nplain\r\n--b--\r\n`,
  ],
  [
    'a message within, its header too',
    `${MIXED}\r\n--b\r\nContent-Type: message/rfc822\r\n${CTE}8bit\r\n\r\nSubject: ü\r\n\r\nsome words and ü\r\n--b--\r\n`,
    `${MIXED}\r\n--b\r\nContent-Type: message/rfc822\r\n${CTE}7bit\r\n\r\nSubject: =?UTF-8?B?w7w=?=\r\n${QP}MIME-Version: 1.0\r\n\r\nsome words and =C3=BC\r\n--b--\r\n`,
  ],
  [
    'a message with UTF-8 in its header, as a whole',
    `${MIXED}\r\n--b\r\nContent-Type: message/global\r\n\r\nFrom: ü@x.example\r\n\r\nü\r\n--b--\r\n`,
    `${MIXED}\r\n--b\r\nContent-Type: message/global\r\n${B64}\r\n${base64('From: ü@x.example\r\n\r\nü')}\r\n--b--\r\n`,
  ],
  [
    'header fields alone',
    'Subject: grün\r\nFrom: Jürgen <j@bücher.example>\r\nX:  as it   is\r\n\r\ntext\r\n',
    'Subject: =?UTF-8?Q?gr=C3=BCn?=\r\nFrom: =?UTF-8?Q?J=C3=BCrgen?= <j@xn--bcher-kva.example>\r\nX:  as it   is\r\n\r\ntext\r\n',
  ],
  [
    'a line too long',
    `MIME-Version: 1.0\r\n\r\n${'x'.repeat(999)}\r\n`,
    `MIME-Version: 1.0\r\n${QP}\r\n${'x'.repeat(999).replace(/.{75}/g, '$&=\r\n')}\r\n`,
  ],
  [
    'around what is sealed',
    `${MIXED}\r\n--b\r\nContent-Type: multipart/signed; boundary=s\r\n${CTE}8bit\r\n\r\n--s\r\n${CTE}8bit\r\n\r\nx\r\n--s--\r\n\r\n--b\r\n\r\nwords, words ü\r\n--b--\r\n`,
    `${MIXED}\r\n--b\r\nContent-Type: multipart/signed; boundary=s\r\n${CTE}7bit\r\n\r\n--s\r\n${CTE}8bit\r\n\r\nx\r\n--s--\r\n\r\n--b\r\n${QP}\r\nwords, words =C3=BC\r\n--b--\r\n`,
  ],
]

for (const [what, message, becomes] of written)
  test(`7 bits: ${what}`, async () => assert.equal(String(await converted(octets(message))), becomes))

const SIGNED = 'Content-Type: multipart/signed; boundary=s\r\n'
const refused: [what: string, message: string | Buffer, reason: string, how?: How][] = [
  ['inside of what is signed', `${SIGNED}\r\n--s\r\n\r\nü\r\n--s--\r\n`, 'sealed'],
  ['the header of a part that is signed', `${SIGNED}\r\n--s\r\nContent-Description: ü\r\n\r\nx\r\n--s--\r\n`, 'sealed'],
  ['inside of what is encrypted', `${SIGNED.replace('signed', 'encrypted')}\r\n--s\r\n\r\nü\r\n--s--\r\n`, 'sealed'],
  ['a part of a message', 'Content-Type: message/partial\r\n\r\nü\r\n', 'malformed'],
  ['a delivery report', 'Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; ü\r\n', 'malformed'],
  ['between the parts', `${MIXED}\r\nü\r\n--b\r\n\r\nx\r\n--b--\r\n`, 'malformed'],
  ['in base64', `${B64}\r\nü\r\n`, 'malformed'],
  ['an address', 'From: ü@x.example\r\n\r\nx\r\n', 'address'],
  ['an address in a group', 'To: us: a@x.example, ü@x.example;\r\n\r\nx\r\n', 'address'],
  ['an id', 'Message-ID: <ü@x.example>\r\n\r\nx\r\n', 'address'],
  ['no field', 'ü: x\r\n\r\nx\r\n', 'address'],
  ['a charset nobody knows', Buffer.from('Subject: \xfc\r\n\r\nx\r\n', 'latin1'), 'address', { unknown: false }],
]

for (const [what, message, reason, how] of refused)
  test(`no 7 bits: ${what}`, async () => assert.equal(await converted(Buffer.from(message), how), reason))

test('what everybody takes stays', async () => {
  for (const message of ['', 'Subject: x\r\n\r\ntext\r\n', `${CTE}8bit\r\n\r\ntext\r\n`, `${SIGNED}\r\n--s\r\n\r\nx\r\n--s--\r\n`])
    assert.equal(await converted(octets(message)), 'same')
})

test('where lines are not looked at, long ones and bare CR stay', async () => {
  const message = octets(`${'x'.repeat(2000)}\r\n\n`)
  assert.equal(await planRewriting(sourceOf(message), inSevenBits(true), () => undefined), undefined)
})

/** A part's octets once its encoding is undone. */
function contentOf(message: Uint8Array, { encoding, body, end }: Part): Buffer {
  const decoder = transferDecoder(encoding)
  return Buffer.concat([decoder.write(message.subarray(body, end)), decoder.end()])
}

/** The line end that ends a last line which had none is no part of it. */
const isSame = (before: Buffer, after: Buffer, atEnd: boolean): boolean =>
  after.equals(before) || (atEnd && after.equals(Buffer.concat([before, octets('\r\n')])))

/** Whoever reads the one sees the same as whoever reads the other. */
function assertSame(before: Buffer, after: Buffer, name: string): void {
  const visit = (one: Part, other: Part): void => {
    assert.deepEqual([other.type, other.subtype, other.charset], [one.type, one.subtype, one.charset], name)
    const encoded = other.encoding !== one.encoding && /^(?:base64|quoted-printable)$/.test(other.encoding)
    if (encoded || one.children.length === 0)
      assert.ok(isSame(contentOf(before, one), contentOf(after, other), one.end === before.length), name)
    if (encoded) {
      const lines = new LineCheck(76)
      lines.push(after.subarray(other.body, other.end))
      assert.ok(!lines.broken, `${name}: encoded lines`)
    } else {
      assert.equal(other.children.length, one.children.length, name)
      for (const [at, child] of one.children.entries()) visit(child, other.children[at] as Part)
    }
    const added = /^(?:content-transfer-encoding|mime-version)$/i
    const fields = (message: Buffer, { header, body }: Part) =>
      readHeader(message.subarray(header, body)).filter((field) => !added.test(field.name))
    const [was, is] = [fields(before, one), fields(after, other)]
    assert.deepEqual(
      is.map((field) => field.name),
      was.map((field) => field.name),
      name,
    )
    for (const [at, field] of was.entries()) {
      const raw = Buffer.from(field.raw)
      if (!raw.some((octet) => octet > 127)) assert.ok(raw.equals(is[at]?.raw ?? assert.fail()), `${name}: ${field.name}`)
      else if (/^(?:subject|comments|x-.*)$/i.test(field.name))
        assert.equal(shown(is[at]?.value ?? ''), shown(field.value), `${name}: ${field.name}`)
    }
  }
  visit(structureOf(scan(before)), structureOf(scan(after)))
}

/** As a reader sees it, blanks apart. */
const shown = (value: string): string => fieldText({ name: 'Subject', value }).replaceAll(/\s+/g, ' ').trim()

async function assertSound(message: Buffer, name: string, how: How): Promise<'same' | 'converted' | 'refused'> {
  const becomes = await converted(message, how)
  if (becomes === 'same') return 'same'
  if (typeof becomes === 'string') return 'refused'
  assert.ok(!becomes.some((octet) => octet > 127 || octet === 0), `${name}: 7 bits`)
  const lines = new LineCheck(MAX_LINE)
  lines.push(becomes)
  assert.ok(!lines.broken, `${name}: lines`)
  assertSame(message, becomes, name)
  assert.equal(await converted(becomes, how), 'same', `${name}: again`)
  return 'converted'
}

test('the corpus in 7 bits says what it said', { skip: NO_CORPUS }, async () => {
  const counts = { same: 0, converted: 0, refused: 0 }
  for (const { name, octets: message } of corpusMessages(corpusFolder() ?? '', { archives: false })) {
    if (message.length > 500_000) continue
    const lines = Buffer.from(message.toString('latin1').replaceAll(/\r\n|\n|\r/g, '\r\n'), 'latin1')
    counts[await assertSound(lines, name, { step: 1 + (message.length % 3001) })]++
  }
  assert.ok(counts.converted > 150, JSON.stringify(counts))
})

/** Octets that make no delimiter. */
const content = (random: Random, size: number): Buffer =>
  Buffer.from(Array.from({ length: size }, () => random.pick([0x61, 0x62, 0x20, 0x09, 0x0d, 0x0a, 0x3d, 0x80, 0xff, 0, 0x2e])))

test('any octets come out as they went in, however they are read', () =>
  withSeed(async (random) => {
    for (let round = 0; round < 150; round++) {
      const types = ['text/plain', 'text/html; charset=koi8-r', 'application/x', 'message/global-headers']
      const parts = Array.from({ length: 1 + random.int(4) }, () => {
        const header = octets(
          `--b\r\nContent-Type: ${random.pick(types)}\r\n${random.pick(['', `${CTE}8bit\r\n`, `${CTE}binary\r\n`])}\r\n`,
        )
        return Buffer.concat([header, content(random, random.pick([0, 1, 74, 75, 76, 77, 1500, random.int(300)])), octets('\r\n')])
      })
      const message = Buffer.concat([octets(`${MIXED}Subject: ${random.pick(['x', 'ü'])}\r\n\r\n`), ...parts, octets('--b--\r\n')])
      assert.notEqual(await assertSound(message, `round ${round}`, { step: 1 + random.int(200) }), 'refused')
    }
  }))
