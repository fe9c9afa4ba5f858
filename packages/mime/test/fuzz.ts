import assert from 'node:assert/strict'
import { readImapValue, type Random } from '@mailstead/testkit'
import { readBody } from '../../../test/corpus/body.ts'
import { checkParts } from '../../../test/corpus/check-parts.ts'
import {
  baseSubject,
  bodyOfStructure,
  decodeParameter,
  decodeWords,
  FoldReader,
  HtmlReader,
  parseAddressList,
  parseParameterized,
  readDate,
  readEnvelope,
  selectHeaderFields,
  TextReader,
  transferDecoder,
  type Part,
} from '../src/index.ts'
import { allParts, scan, sectionOf, structureOf, text } from './scan.ts'
import { growMessage } from './tree.ts'

/** What messages are put together from when anything may be one. */
const SHARDS = [
  '\r\n',
  '\n',
  '\r',
  '--',
  '--b',
  '--b--',
  'b',
  ' ',
  '\t',
  ':',
  ';',
  '=',
  '"',
  '\\',
  '(',
  ')',
  '<',
  '>',
  '@',
  ',',
  '[',
  ']',
  '\0',
  '\xff',
  '.',
  'Content-Type: multipart/mixed; boundary=b',
  'Content-Type: multipart/digest; boundary="bb"',
  'Content-Type: message/rfc822',
  '--bb\r\n\r\n',
  'Content-Type: text/html',
  'Subject: ',
  'From: ',
  'To: a:',
  'References: <',
  'Content-Disposition: x; filename*0*=',
  'a',
  'x'.repeat(600),
  '\r\n\r\n',
]

/** One random message: fails when it cannot be described, its parts are not where they should be, or its slices matter. */
export function fuzzScanner(random: Random): void {
  const message = random.chance(0.5) ? rubble(random) : damaged(growMessage(random).octets, random)
  const where = JSON.stringify(text(message)).slice(0, 4_000)
  const rendered = scan(message)
  const root = structureOf(rendered)
  checkRanges(root, message.length, where)
  assert.deepEqual(scan(message, 1 + random.int(20)), rendered, where)
  readEnvelope(rendered.envelope)
  assert.equal((readImapValue(text(rendered.envelope)) as unknown[]).length, 10, where)
  const body = readBody(readImapValue(text(rendered.bodyStructure)))
  readImapValue(text(bodyOfStructure(rendered.bodyStructure)))
  try {
    checkParts(message, body, (name) => sectionOf(message, root, name))
  } catch (error) {
    throw new Error(`${String(error)}: ${where}`, { cause: error })
  }
}

function rubble(random: Random): Buffer {
  return Buffer.from(Array.from({ length: random.int(60) }, () => random.pick(SHARDS)).join(''), 'latin1')
}

/** Octets with some stretches taken out, doubled or replaced. */
function damaged(octets: Buffer, random: Random): Buffer {
  let message = octets
  for (let count = random.int(6); count > 0; count--) {
    const [at, length] = [random.int(message.length + 1), random.int(random.pick([3, 30, 300]))]
    const stretch = message.subarray(at, at + length)
    const place = random.int(message.length + 1)
    if (random.chance(0.4)) message = Buffer.concat([message.subarray(0, at), message.subarray(at + length)])
    else if (random.chance(0.5)) message = Buffer.concat([message.subarray(0, place), stretch, message.subarray(place)])
    else message = Buffer.concat([message.subarray(0, at), Buffer.from(random.pick(SHARDS), 'latin1'), message.subarray(at)])
  }
  return message
}

function checkRanges(root: Part, size: number, where: string): void {
  assert.deepEqual([root.header, root.end], [0, size], where)
  for (const part of allParts(root)) {
    assert.ok(part.header <= part.body && part.body <= part.end, where)
    for (const child of part.children) assert.ok(child.header >= part.body && child.end <= part.end, where)
  }
}

const READ = [
  '<',
  '>',
  '</',
  '<script',
  '<!--',
  '-->',
  '"',
  "'",
  '=',
  '&',
  '&amp',
  '#',
  ';',
  '=?',
  '?Q?',
  '?B?',
  'utf-8',
  '?=',
  '%',
  '*',
  '(',
  ')',
  '@',
]
const MORE = [
  ',',
  ':',
  '[',
  ']',
  '\\',
  '\r\n',
  '\n',
  '=\r\n',
  '=3D',
  '==',
  'YWJj',
  ' ',
  '\t',
  '\0',
  '\xc3\xa4',
  '\xff',
  '\x1b$B',
  'a',
  'style',
  ' b=c',
]
const NAMES = ['Re', 'Fwd', '1', 'Jan', '2020', '+0100', 'x'.repeat(70)]
const CHARSETS = ['utf-8', '', 'iso-8859-1', 'iso-2022-jp', 'utf-7', 'gb18030', 'utf-16', 'no-such', 'shift_jis', 'koi8-r']

/** Random octets for everything that reads headers and text: fails when something throws, or slices matter. */
export function fuzzReaders(random: Random): void {
  const source = Array.from({ length: random.int(40) }, () => random.pick([...READ, ...MORE, ...NAMES])).join('')
  const octets = Buffer.from(source, 'latin1')
  const charset = random.pick(CHARSETS)
  const subtype = random.pick(['plain', 'html'])
  for (const encoding of ['base64', 'quoted-printable', '7bit']) {
    sameInSlices(
      octets,
      random,
      () => transferDecoder(encoding),
      (pieces) => Buffer.concat(pieces as Uint8Array[]).toString('latin1'),
      source,
    )
    sameInSlices(
      octets,
      random,
      () => new TextReader({ subtype, charset, encoding }),
      (pieces) => pieces.join(''),
      `${charset} ${encoding} ${source}`,
    )
  }
  sameInSlices(
    source,
    random,
    () => new HtmlReader(),
    (pieces) => pieces.join(''),
    source,
  )
  sameInSlices(
    source,
    random,
    () => new FoldReader(),
    (pieces) => pieces.join(''),
    source,
  )
  parseAddressList(source)
  decodeParameter(parseParameterized(`a; ${source}`).parameters, 'b')
  baseSubject(decodeWords(source))
  readDate(source)
  assert.ok(selectHeaderFields(octets, new Set(['a']), true).length <= octets.length)
}

interface Reader<T, Piece> {
  write(slice: T): Piece
  end(): Piece
}

function sameInSlices<T extends string | Uint8Array, Piece>(
  source: T,
  random: Random,
  open: () => Reader<T, Piece>,
  join: (pieces: Piece[]) => string,
  where: string,
): void {
  const read = (step: number): string => {
    const reader = open()
    const pieces: Piece[] = []
    for (let at = 0; at < source.length; at += step)
      pieces.push(reader.write((typeof source === 'string' ? source.slice(at, at + step) : source.subarray(at, at + step)) as T))
    return join([...pieces, reader.end()])
  }
  assert.equal(read(1 + random.int(9)), read(source.length + 1), JSON.stringify(where))
}
