import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { corpusFolder, NO_CORPUS } from '@mailstead/testkit'
import { readHeader, transferDecoder, type Part } from '../src/index.ts'
import { differences, holdAgainst, type Argued } from './expected.ts'
import { scan, structureOf, text } from './scan.ts'

const RESOURCES = join(corpusFolder() ?? '', 'james-mime4j/core/src/test/resources')

/** An element and what is in it: text, or elements. */
type Node = readonly [tag: string, ...(string | Node)[]]

const TEXTS = new Set(['field', 'body', 'preamble', 'epilogue'])
const NAMED: Readonly<Record<string, string>> = { '&lt;': '<', '&gt;': '>', '&amp;': '&', '&quot;': '"' }

/** A `<` in these files is always a tag's. */
function readXml(xml: string): Node {
  const root: (string | Node)[] = ['root']
  const open = [root]
  for (const [, slash, tag = '', content = ''] of xml.matchAll(/<(\/?)([\w-]+)[^>]*>([^<]*)/g)) {
    if (slash === '/') {
      open.pop()
      continue
    }
    const node: (string | Node)[] = [tag]
    open.at(-1)?.push(node as unknown as Node)
    if (TEXTS.has(tag)) node.push(content.replace(/^\r?\n/, '').replace(/&\w+;/g, (name) => NAMED[name] ?? name))
    open.push(node)
  }
  return root[1] as Node
}

/** ftext of RFC 5322 section 3.6.8; mime4j leaves out other lines, as that of a mailbox file. */
const FIELD_NAME = /^[!-9;-~]+$/

function asMime4j(octets: Buffer, part: Part, tag: string): Node {
  const message = part.kind === 'message' ? part.children[0] : undefined
  return [tag, ['header', ...fields(octets, part)], message === undefined ? content(octets, part) : asMime4j(octets, message, 'message')]
}

function fields(octets: Buffer, part: Part): Node[] {
  return readHeader(octets.subarray(part.header, part.body))
    .filter(({ name }) => FIELD_NAME.test(name))
    .map(({ raw }): Node => ['field', text(raw).replace(/\r?\n$/, '')])
}

function content(octets: Buffer, part: Part): Node {
  const [first] = part.children
  if (part.kind !== 'multipart' || first === undefined) return ['body', text(octets.subarray(part.body, part.end))]
  const before = text(octets.subarray(part.body, first.header)).replace(/--[^\n]*\n$/, '')
  const behind = text(octets.subarray(part.children.at(-1)?.end, part.end)).replace(/^\s*--.*/, '')
  return [
    'multipart',
    ['preamble', before.trim()],
    ...part.children.map((child) => asMime4j(octets, child, 'body-part')),
    ['epilogue', behind.trim()],
  ]
}

/** Line ends around preambles and epilogues say nothing, and an empty one is none. */
function normalised([tag, ...content]: Node): Node {
  if (tag === 'preamble' || tag === 'epilogue') return [tag, String(content[0] ?? '').trim()]
  const inside = content.map((each) => (typeof each === 'string' ? each : normalised(each)))
  if (tag !== 'multipart') return [tag, ...inside]
  const parts = inside.filter(([each]) => each === 'body-part')
  const around = (which: string): Node => (inside.find(([each]) => each === which) as Node | undefined) ?? [which, '']
  return [tag, around('preamble'), ...parts, around('epilogue')]
}

const ENCODED = 'mime4j decodes a message sent as base64; section numbers of IMAP name octets as they stand'
const NO_PARTS = 'a multipart without parts gets one that is all its body: BODYSTRUCTURE needs one, and a reader sees the text'
const BLANKS = 'no boundary ends with white space (RFC 2046 section 5.1.1), so white space behind one says nothing'
const HEADER_ENDS = 'a header ends with an empty line and nothing else (RFC 5322 section 2.1)'

function messages(): string[] {
  return globSync('{testmsgs,mimetools-testmsgs}/*.msg', { cwd: RESOURCES }).sort()
}

const DIFFERENT: Argued = {
  'mimetools-testmsgs/badbound.msg': NO_PARTS,
  'mimetools-testmsgs/multi-2gifs-base64.msg': ENCODED,
  'testmsgs/bad-newlines-multiple-parts-base64.msg': ENCODED,
  'testmsgs/base64encoded-rfc822message-nested.msg': ENCODED,
  'testmsgs/base64encoded-rfc822message.msg': ENCODED,
  'testmsgs/malformedHeaderStartsBody-nocrlfcrlf.msg': HEADER_ENDS,
  'testmsgs/malformedHeaderStartsBody-noheader.msg': HEADER_ENDS,
  'testmsgs/missing-boundary.msg': NO_PARTS,
  'testmsgs/missing-inner-boundary.msg': NO_PARTS,
  'testmsgs/missing-inner-start-boundary.msg': NO_PARTS,
  'testmsgs/multipartnopart.msg': NO_PARTS,
  'testmsgs/very-long-boundary.msg': BLANKS,
  'testmsgs/very-very-long-boundary.msg': 'a boundary of 7,000 octets is beyond MAX_BOUNDARY',
  'testmsgs/weird-boundary.msg': BLANKS,
}

test('messages come apart as mime4j expects: fields, bodies, what is before and behind the parts', { skip: NO_CORPUS }, () => {
  const found = new Map<string, unknown>()
  let compared = 0
  for (const file of messages()) {
    const xml = join(RESOURCES, file.replace(/\.msg$/, '.xml'))
    if (!existsSync(xml)) continue
    compared++
    const octets = readFileSync(join(RESOURCES, file))
    const ours = asMime4j(octets, structureOf(scan(octets)), 'message')
    const [difference] = differences(ours, normalised(readXml(readFileSync(xml, 'latin1'))))
    if (difference !== undefined) found.set(file, difference)
  }
  assert.ok(compared > 70, `${compared} messages`)
  holdAgainst(found, DIFFERENT)
})

/** The leaves in their order, as they are decoded. */
function decodedLeaves(octets: Buffer, part: Part): Buffer[] {
  if (part.children.length > 0) return part.children.flatMap((child) => decodedLeaves(octets, child))
  const decoder = transferDecoder(part.encoding)
  return [Buffer.concat([decoder.write(octets.subarray(part.body, part.end)), decoder.end()])]
}

/** mime4j writes the line ends of text anew. */
function lines(octets: Buffer): string {
  return text(octets).replaceAll('\r\n', '\n')
}

const DECODED_DIFFERENTLY: Argued = {
  ...DIFFERENT,
  'mimetools-testmsgs/frag.msg': 'the last characters of base64 are no whole group: what they hold is given, not dropped',
  'mimetools-testmsgs/multi-frag.msg': 'rubbish behind base64 without padding is read as far as it is base64',
}

test('parts are decoded as mime4j expects', { skip: NO_CORPUS }, () => {
  const found = new Map<string, unknown>()
  let compared = 0
  for (const file of messages()) {
    const xml = join(RESOURCES, file.replace(/\.msg$/, '_decoded.xml'))
    if (!existsSync(xml)) continue
    const octets = readFileSync(join(RESOURCES, file))
    const names = [...readFileSync(xml, 'latin1').matchAll(/<(?:text|binary)-body name="([^"]+)"/g)].map((match) => match[1] ?? '')
    const theirs = names.map((name) => readFileSync(join(RESOURCES, dirname(file), name)))
    const ours = decodedLeaves(octets, structureOf(scan(octets)))
    compared += ours.length
    const [difference] = differences(ours.map(lines), theirs.map(lines))
    if (difference !== undefined) found.set(file, difference)
  }
  assert.ok(compared > 150, `${compared} parts`)
  holdAgainst(found, DECODED_DIFFERENTLY)
})
