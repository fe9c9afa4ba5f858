import assert from 'node:assert/strict'
import { test } from 'node:test'
import { withSeed } from '@mailstead/testkit'
import { fieldText, Finder, findNeedles as strengths, foldCase, type TextNeedle, type TextSource } from '../src/index.ts'
import { scan, structureOf } from './scan.ts'

/** Hands out `octets` in chunks, and counts which were asked for. */
function sourceOf(text: string, chunk = 100_000, prefix = ''): TextSource & { readonly asked: number[] } {
  const octets = Buffer.from(text)
  const asked: number[] = []
  return {
    prefix: Buffer.from(prefix),
    structure: structureOf(scan(octets)),
    asked,
    chunkAt(offset) {
      const start = offset - (offset % chunk)
      asked.push(start)
      return { start, octets: octets.subarray(start, start + chunk) }
    },
  }
}

function needle(text: string, place: TextNeedle['place'] = 'content', field = ''): TextNeedle {
  return { text: foldCase(text), place, field: foldCase(field) }
}

/** Whether they are found, whatever their strength. */
function findNeedles(source: TextSource, needles: readonly TextNeedle[]): boolean[] {
  return strengths(source, needles).map((strength) => strength > 0)
}

test('a message is read once for all texts, and no further than needed', () => {
  const filler = 'lorem ipsum '.repeat(30_000)
  const source = sourceOf(`Subject: x\r\n\r\nalpha ${filler} beta ${filler} gamma ${filler}`, 256 * 1024)
  assert.deepEqual(findNeedles(source, [needle('alpha'), needle('beta'), needle('nothing')]), [true, true, false])
  assert.deepEqual(source.asked, [0, 262_144, 524_288, 786_432, 1_048_576])
  source.asked.length = 0
  assert.deepEqual(findNeedles(source, [needle('alpha'), needle('subject: x', 'message')]), [true, true])
  assert.deepEqual(findNeedles(source, [needle('X', 'field', 'subject'), needle('', 'field', 'to')]), [true, false])
  assert.deepEqual(source.asked, [0, 0])
})

test('texts are found wherever they stand, also across slices and chunks', () => {
  const text = 'Näddel im Heu'
  for (const at of [16_370, 16_375, 16_383, 16_384, 49_950, 49_990, 99_970]) {
    const message = (middle: string): TextSource =>
      sourceOf(`Content-Type: text/plain; charset=utf-8\r\n\r\n${'x'.repeat(at)}${middle}${'y'.repeat(50_000)}`, 50_000)
    assert.deepEqual(findNeedles(message(text), [needle('NÄDDEL IM HEU')]), [true], `${at}`)
    assert.deepEqual(findNeedles(message(text.slice(1)), [needle('NÄDDEL IM HEU')]), [false], `${at}`)
  }
})

test('each place has its texts, and none goes on in the next', () => {
  const source = sourceOf(
    [
      'Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=',
      'Content-Type: multipart/mixed; boundary=x',
      '',
      '--x',
      'Content-Description: wrapped',
      '',
      'first',
      '--x',
      '',
      'second',
      '--x',
      'Content-Type: message/rfc822',
      '',
      'Subject: inner',
      '',
      'third',
      '--x--',
    ].join('\r\n'),
    100,
    'Return-Path: <a@b>\r\n',
  )
  const table: [string, TextNeedle['place'], string, boolean][] = [
    ['first', 'content', '', true],
    ['firstsecond', 'content', '', false],
    ['subject: inner', 'content', '', true],
    ['grüße', 'content', '', false],
    ['grüße', 'message', '', true],
    ['wrapped', 'content', '', false],
    ['wrapped', 'message', '', true],
    ['a@b', 'field', 'return-path', true],
    ['<a@b>\nsubject', 'message', '', true],
    ['inner', 'field', 'subject', false],
    ['wrapped', 'field', 'content-description', false],
    ['third', 'message', '', true],
    ['', 'content', '', true],
  ]
  for (const [text, place, field, stands] of table) {
    assert.deepEqual(findNeedles(source, [needle(text, place, field)]), [stands], `${text} ${place}`)
  }
})

test('words are found in their forms, better ones stronger', () => {
  const strength = (asked: string, body: string, subject = ''): number =>
    strengths(sourceOf(`Subject: ${subject}\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n${body}`), [
      { text: foldCase(asked), place: 'message', fuzzy: true },
    ])[0] ?? 0
  const found: [asked: string, body: string][] = [
    ['meetings', 'We met at the meeting.'],
    ['working late', 'late work'],
    ['cafe', 'Le Café.'],
    ['naïve', 'naive'],
    ['Rechnungen', 'die Rechnung'],
    ['документы', 'без документов'],
    ['検索', '全文検索エンジン'],
    ['inv', 'invoices'],
    ['2026', 'in 2026'],
  ]
  for (const [asked, body] of found) assert.ok(strength(asked, body) > 0, `${asked} in ${body}`)
  const lost: [asked: string, body: string][] = [
    ['meeting', 'a committee'],
    ['art', 'a cart'],
    ['work late', 'early work'],
    ['invoices', 'invented'],
  ]
  for (const [asked, body] of lost) assert.equal(strength(asked, body), 0, `${asked} in ${body}`)
  const order = [
    strength('invoice', 'x', 'the invoice'),
    strength('invoice', 'the invoice'),
    strength('invoice', 'the invoices'),
    strength('invoice', 'invoicemania'),
  ]
  assert.deepEqual(
    order,
    order.toSorted((a, b) => b - a),
  )
  assert.equal(new Set(order).size, 4)
  assert.ok(strength('invoice', 'invoice, invoice') > strength('invoice', 'one invoice'))
  // A word may stand across slices.
  assert.ok(strength('needle', `${'x '.repeat(8190)}needle ${'y '.repeat(9000)}`) > 0)
  assert.ok(strength('needle', `${'x '.repeat(8189)}needle ${'y '.repeat(9000)}`) > 0)
})

test('a text is found in slices where it stands in the whole', () =>
  withSeed((random) => {
    const letters = (length: number): string => Array.from({ length }, () => random.pick(['a', 'b'])).join('')
    for (let round = 0; round < 500; round++) {
      const [text, asked] = [letters(random.int(40)), letters(1 + random.int(5))]
      const finder = new Finder(asked)
      let found = false
      for (let at = 0; at < text.length;) {
        const end = at + 1 + random.int(4)
        found ||= finder.found(text.slice(at, end))
        at = end
      }
      assert.equal(found, text.includes(asked), `${asked} in ${text}`)
      finder.restart()
      assert.equal(finder.found(asked.slice(1)), false)
    }
  }))

const fields: [name: string, value: string, text: string][] = [
  ['Subject', '=?utf-8?q?Gr=C3=BC=C3=9Fe?=', 'Grüße'],
  ['Subject', "a*=utf-8''%41", "a*=utf-8''%41"],
  ['Content-Type', 'text/plain; name=a.txt', 'text/plain; name=a.txt'],
  ['content-disposition', "inline; filename*=utf-8''%41%42", "inline; filename*=utf-8''%41%42; AB"],
  ['Content-Type', "a/b; name*0*=utf-8''%C3; name*1*=%A4.t; name*2=xt", "a/b; name*0*=utf-8''%C3; name*1*=%A4.t; name*2=xt; ä.txt"],
]
for (const [name, value, text] of fields) {
  test(`the text of ${name}: ${value}`, () => assert.equal(fieldText({ name, value }), text))
}

test('a field with very many parameters is read in time', () => {
  const value = `a/b${Array.from({ length: 20_000 }, (_, index) => `; n${index}*=utf-8''%41`).join('')}`
  assert.ok(fieldText({ name: 'Content-Type', value }).endsWith('; A'))
})
