import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  charsetDecoder,
  compareFolded,
  decodeCharset,
  decodeParameter,
  decodeWords,
  FoldReader,
  foldCase,
  HtmlReader,
  knowsCharset,
  parseParameterized,
  TextReader,
  transferDecoder,
} from '../src/index.ts'

const words: [value: string, text: string][] = [
  ['', ''],
  ['plain', 'plain'],
  ['=?utf-8?Q?Gr=C3=BC=C3=9Fe_an?= alle', 'Grüße an alle'],
  ['=?UTF-8?b?w6TDtg==?=', 'äö'],
  ['=?utf-8?Q?a?= =?utf-8?Q?b?=', 'ab'],
  ['=?utf-8?Q?a?=  x =?utf-8?Q?b?=', 'a  x b'],
  ['=?utf-8?Q?=C3?= =?utf-8?Q?=A4?=', 'ä'],
  ['=?utf-8?B?w6TD?=\t=?utf-8?Q?=B6?=', 'äö'],
  ['=?utf-8?Q?=C3=A4?= =?iso-8859-1?Q?=F6?=', 'äö'],
  ['=?iso-8859-1*de?Q?=E4?=', 'ä'],
  ['=?iso-2022-jp?B?GyRCJDMbKEI=?=', 'こ'],
  ['=?windows-1251?B?z/Do4uXy?=', 'Привет'],
  ['=?utf-8?Q?with blank?=', 'with blank'],
  ['=?no-such-charset?Q?=C3=A4?=', 'ä'],
  ['=?utf-8?X?a?=', '=?utf-8?X?a?='],
  ['=?utf-8?Q?open', '=?utf-8?Q?open'],
  ['raw \xc3\xa4', 'raw ä'],
  ['raw \xe4 \x80', 'raw ä €'],
  ['\xe4 =?utf-8?Q?=C3=A4?= \xe4', 'ä ä ä'],
]
describe('decodeWords', () => {
  for (const [value, expected] of words) test(JSON.stringify(value), () => assert.equal(decodeWords(value), expected))
})

const parameters: [field: string, value: string | undefined][] = [
  ['attachment; filename=a.txt', 'a.txt'],
  ['attachment; filename="=?utf-8?Q?=C3=A4?="', 'ä'],
  ["attachment; filename*=utf-8'de'%C3%A4%20b; filename=x", 'ä b'],
  ['attachment; filename*0=a; filename*2=c; filename*1=b', 'abc'],
  ["attachment; filename*0*=utf-8''%C3; filename*1*=%A4; filename*2=%", 'ä%'],
  ["attachment; FILENAME*0*=iso-8859-1''%E4", 'ä'],
  ['attachment; filename*1=b', undefined],
  ['attachment; filename*=plain', 'plain'],
  ['attachment; filenames=x', undefined],
]
describe('decodeParameter', () => {
  for (const [field, value] of parameters) {
    test(field, () => assert.equal(decodeParameter(parseParameterized(field).parameters, 'filename'), value))
  }
})

const transfers: [encoding: string, octets: string, decoded: string][] = [
  ['7bit', 'a=3D', 'a=3D'],
  ['base64', 'YWJj', 'abc'],
  ['base64', 'YW\r\nJj\r\nZA==\r\n', 'abcd'],
  ['base64', 'YQ==YmM=', 'abc'],
  ['base64', 'Y!W-J*j', 'abc'],
  ['base64', 'YWJ', 'ab'],
  ['quoted-printable', 'a=3D=e4=E4', 'a=\xe4\xe4'],
  ['quoted-printable', 'a=\r\nb=\nc= \t\r\nd', 'abcd'],
  ['quoted-printable', 'a=G1=1', 'a=G1=1'],
  ['quoted-printable', 'a= b', 'a= b'],
  ['quoted-printable', 'a \t\r\n b \n\t\r\n\r\n', 'a\r\n b\n\r\n\r\n'],
  ['quoted-printable', 'a \rb=20 \r\n=20\n', 'a \rb \r\n \n'],
  ['quoted-printable', 'end \t', 'end'],
  ['quoted-printable', `a${' '.repeat(2_000)}b`, `a${' '.repeat(2_000)}b`],
  ['quoted-printable', 'end=', 'end'],
  ['quoted-printable', '==3D', '=='],
]
describe('transferDecoder, in any slices', () => {
  for (const [encoding, octets, decoded] of transfers) {
    test(`${encoding} ${JSON.stringify(octets)}`, () => {
      for (const step of [100, 1, 2, 3]) {
        const decoder = transferDecoder(encoding)
        const pieces: Uint8Array[] = []
        for (let at = 0; at < octets.length; at += step) pieces.push(decoder.write(Buffer.from(octets.slice(at, at + step), 'latin1')))
        assert.equal(Buffer.concat([...pieces, decoder.end()]).toString('latin1'), decoded, `step ${step}`)
      }
    })
  }
})

const pages: [html: string, text: string][] = [
  ['a<b>b</b>c', 'abc'],
  ['<p>a</p><p>b<br>c', 'a\nb\nc'],
  ['a<td>b', 'a b'],
  ['&auml;&amp;&lt;&#228;&#xE4;&nbsp;&nosuch; &', 'ä&<ää\u00a0&nosuch; &'],
  ['a&euro', 'a€'],
  ['x<script>if (a<b) "</p>"</script>y', 'xy'],
  ['<STYLE type="a">p > b {}</STYLE >z', 'z'],
  ['<title>t</title>a', 'a'],
  ['a<!-- b --> c<!-->d<!--->e<!-- --!>f', 'a cdef'],
  ['a<!-- never closed > b', 'a'],
  ['<!DOCTYPE html><?xml?>a', 'a'],
  ['<a href="x>y" title=\'>\'>z</a>', 'z'],
  ["it's <i>don't</i>", "it's don't"],
  ['a < b <i>c</i> <3', 'a < b c <3'],
  ['a<b', 'a'],
  ['a<<b>c', 'a<c'],
  ['a<b c<d>e<3', 'ae<3'],
  ['a</>b</ c>d<! x>e<', 'abde<'],
  ['a<i b=c/>d<script/>e', 'ade'],
  ['a<i =">b<i c = \'>\' d="', 'ab'],
  ['<i =b>a</i><noscript>b</noscript>', 'a\nb'],
  [' two \r\n words</b>\tand<p> </p>\nmore &nbsp; ', 'two words and\nmore \u00a0'],
  ['a<pre>b\n  c</pre> d', 'a\nb\n  c\nd'],
  // A name as long as a name can be, and more of it: no quotation mark in it begins a value.
  [`<a${'b'.repeat(32)}==\n"c>d`, 'd'],
  [`<a${'b'.repeat(29)}==\n"c>d`, 'd'],
  ['&#150;&#x80;&alpha;&hearts;&Prime;&constructor;', '–€α♥″&constructor;'],
]
describe('HtmlReader, in any slices', () => {
  for (const [html, expected] of pages) {
    test(html, () => {
      for (const step of [1_000, 1, 2, 3, 7]) {
        const reader = new HtmlReader()
        let text = ''
        for (let at = 0; at < html.length; at += step) text += reader.write(html.slice(at, at + step))
        assert.equal(text + reader.end(), expected, `step ${step}`)
      }
    })
  }
})

test('the text of a part, in any slices', () => {
  const octets = Buffer.from('<p>Gr=C3=BC=C3=9Fe &amp; K=C3=BC=\r\nsse</p>', 'latin1')
  for (const step of [100, 1, 5]) {
    const reader = new TextReader({ subtype: 'html', charset: 'UTF-8', encoding: 'quoted-printable' })
    let text = ''
    for (let at = 0; at < octets.length; at += step) text += reader.write(octets.subarray(at, at + step))
    assert.equal((text + reader.end()).trim(), 'Grüße & Küsse')
  }
})

test('charsets', () => {
  for (const name of ['utf-8', 'US-ASCII', 'iso-8859-15', 'koi8-r', 'Shift_JIS', 'iso-2022-jp', 'utf-7', 'gb18030'])
    assert.ok(knowsCharset(name), name)
  for (const name of ['', 'base64', 'hex', 'no-such', 'default']) assert.ok(!knowsCharset(name), name)
  assert.equal(decodeCharset(Buffer.from([0xa4]), 'iso-8859-15'), '€')
  assert.equal(decodeCharset(Buffer.from([0xc3, 0x28]), 'utf-8'), '\ufffd(')
  assert.equal(decodeCharset(Buffer.from([0xe4]), 'us-ascii'), 'ä')
  assert.equal(decodeCharset(Buffer.from('plain'), 'cesu-8'), 'plain')
})

test('case folding', () => {
  const same: [string, string][] = [
    ['abc', 'ABC'],
    ['Straße', 'STRAßE'],
    ['ﬁn', 'FIN'],
    ['ﬄ', 'FFL'],
    // Ohm and omega; a sigma is a sigma wherever in the word it stands.
    ['Ω', 'ω'],
    ['ς', 'Σ'],
    ['ΟΔΥΣΣΕΥΣ', 'οδυσσευς'],
    // One letter, a letter with its mark, two marks in either order, and the marks of a letter without a form of its own.
    ['é', 'É'],
    ['é', 'e\u0301'],
    ['ǖ', 'u\u0308\u0304'],
    ['a\u0323\u0301', 'A\u0301\u0323'],
    ['q\u0302', 'Q\u0302'],
    ['ᾳ', 'Α\u0345'],
    ['ΐ', 'Ι\u0308\u0301'],
    ['ｆｏｏ', 'foo'],
    ['ǆ', 'Ǆ'],
    ['ǆ', 'ǅ'],
    ['я', 'Я'],
    ['й', 'И\u0306'],
    ['ſ', 'S'],
    ['K', 'k'],
    ['ı', 'I'],
    ['ガ', 'ｶﾞ'],
    ['각', '\u1100\u1161\u11a8'],
    ['①', '1'],
    ['…', '...'],
    ['𐐨', '𐐀'],
  ]
  for (const [a, b] of same) assert.equal(foldCase(a), foldCase(b), `${a} ${b}`)
  const different: [string, string][] = [
    ['a', 'ä'],
    ['Straße', 'STRASSE'],
    ['ß', 'ẞ'],
    ['ა', 'Ა'],
    ['i', 'ı\u0307'],
    ['o', 'ø'],
  ]
  for (const [a, b] of different) assert.notEqual(foldCase(a), foldCase(b), `${a} ${b}`)
})

test('folding twice changes nothing', () => {
  for (let code = 0; code < 0x3000; code++) {
    const once = foldCase(String.fromCodePoint(code))
    assert.equal(foldCase(once), once, code.toString(16))
  }
})

test('the order of texts is that of their UTF-8', () => {
  const texts = ['', 'A', 'AB', 'B', 'ß', 'Ω', '日', '\ue000', 'ﬁ', '\uffff', '𐐀', '😀', 'A😀', 'A\uffff']
  const order = (a: string, b: string): number => Math.sign(Buffer.compare(Buffer.from(a), Buffer.from(b)))
  for (const a of texts) for (const b of texts) assert.equal(Math.sign(compareFolded(a, b)), order(a, b), `${a} ${b}`)
})

test('case folding in slices is that of the whole', () => {
  // The marks of the first letter stand in the order that folding changes.
  for (const text of ['a\u0301\u0323\u0301b', 'ﬁné 가각 ΐ\u0345', '\u0301x\u0323', 'e\u0301'.repeat(3), '𝒳\u0301😀é', 'plain', '']) {
    for (const step of [1, 2, 3, 100]) {
      const fold = new FoldReader()
      let folded = ''
      for (let at = 0; at < text.length; at += step) folded += fold.write(text.slice(at, at + step))
      assert.equal(folded + fold.end(), foldCase(text), `${text} in steps of ${step}`)
    }
  }
})

test('octets that are no letters of their charset are read, also in slices', () => {
  // What Node's own decoder throws at.
  for (const [label, ...slices] of [
    ['gb18030', 'bc3a', '43a938bc', '0c57'],
    ['gbk', '45', 'acb49a', '30ca', 'b7'],
    ['gb2312', '45', 'acb49a', '30ca', 'b7'],
  ]) {
    const decoder = charsetDecoder(label ?? '')
    const read = slices.map((slice) => decoder.write(Buffer.from(slice, 'hex'))).join('') + decoder.end()
    assert.equal(read, decodeCharset(Buffer.from(slices.join(''), 'hex'), label ?? ''))
  }
  const decoder = charsetDecoder('utf-16')
  const text = Buffer.from(
    '\u4e00\u4e8c and plain letters behind, so that the order of octets can be guessed wrongly: \u0100\u0200',
    'utf16le',
  )
  assert.equal([...text].map((octet) => decoder.write(Buffer.from([octet]))).join('') + decoder.end(), decodeCharset(text, 'UTF-16'))
})
