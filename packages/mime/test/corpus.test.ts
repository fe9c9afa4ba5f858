import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { corpusFolder, corpusMessages, NO_CORPUS } from '@mailstead/testkit'
import { baseSubject, bodyOfStructure, readEnvelope, type Part } from '../src/index.ts'
import { allParts, scan, structureOf, text } from './scan.ts'

const folder = corpusFolder()
const skip = NO_CORPUS

test('every message of the corpus is scanned, whole or in slices, with offsets in range', { skip }, () => {
  let messages = 0
  for (const { name: file, octets } of corpusMessages(folder ?? '')) {
    messages++
    const rendered = scan(octets)
    const root = structureOf(rendered)
    assert.equal(root.end, octets.length, file)
    for (const part of allParts(root)) {
      assert.ok(part.header <= part.body && part.body <= part.end, file)
      for (const child of part.children) assert.ok(child.header >= part.body && child.end <= part.end, file)
    }
    assert.ok(parenthesised(rendered.envelope) && parenthesised(rendered.bodyStructure), file)
    assert.doesNotThrow(() => baseSubject(readEnvelope(rendered.envelope).subject ?? ''), file)
    assert.ok(parenthesised(bodyOfStructure(rendered.bodyStructure)), file)
    assert.deepEqual(scan(octets, 1 + (octets.length % 977)), rendered, file)
  }
  assert.ok(messages > 9_000, `${messages} messages`)
})

/** One list, all of it, by the rules of quoted strings and literals. */
function parenthesised(octets: Uint8Array): boolean {
  const source = text(octets)
  let depth = 0
  for (let at = 0; at < source.length; at++) {
    const char = source[at]
    if (char === '(') depth++
    else if (char === ')') {
      if (--depth === 0) return at === source.length - 1
    } else if (char === '"') {
      for (at++; source[at] !== '"'; at++) if (source[at] === '\\') at++
    } else if (char === '{') {
      const close = source.indexOf('}', at)
      at = close + 2 + Number(source.slice(at + 1, close))
    }
  }
  return false
}

interface WildduckNode {
  readonly childNodes?: readonly WildduckNode[]
  readonly message?: WildduckNode
  readonly parsedHeader: { readonly 'content-type'?: { readonly value?: string } }
  readonly size: number
  readonly lineCount: number
}

function shape(part: Part): unknown {
  const type = `${part.type}/${part.subtype}`
  return part.children.length === 0 ? type : [type, ...part.children.map(shape)]
}

function wildduckShape(node: WildduckNode): unknown {
  const type = (node.parsedHeader['content-type']?.value ?? 'text/plain').toLowerCase()
  const children = node.childNodes ?? (node.message === undefined ? [] : [node.message])
  return children.length === 0 ? type : [type, ...children.map(wildduckShape)]
}

test('the MIME torture tests have the expected tree', { skip }, () => {
  const fixtures = join(folder ?? '', 'wildduck-imap-fixtures')
  const expected = JSON.parse(readFileSync(join(fixtures, 'mimetorture.json'), 'utf8')) as WildduckNode
  const root = structureOf(scan(readFileSync(join(fixtures, 'mimetorture.eml'))))
  assert.deepEqual(shape(root), wildduckShape(expected))
})

/** Opening and closing tags of a mime4j result, text left out. */
function mime4jShape(xml: string): string {
  // A body's text may end on the line of its closing tag, so only its opening one can be found.
  const tags = xml.match(/^(?:<\/?(?:message|multipart|body-part)>|<body>)/gm) ?? []
  return tags.join('')
}

function shapeAsMime4j(part: Part): string {
  const child = part.children[0]
  if (part.kind === 'message' && child !== undefined) return `<message>${shapeAsMime4j(child)}</message>`
  if (part.kind !== 'multipart') return '<body>'
  return `<multipart>${part.children.map((each) => `<body-part>${shapeAsMime4j(each)}</body-part>`).join('')}</multipart>`
}

const ENCODED = 'mime4j decodes a message sent as base64; section numbers of IMAP name octets as they stand'
const NO_PARTS = 'a multipart without parts gets one that is all its body: BODYSTRUCTURE needs one, and a reader sees the text'
const BLANKS = 'no boundary ends with white space (RFC 2046 section 5.1.1), so white space behind one says nothing'

/** Where we read a message differently from mime4j, and why. */
const DIFFERENT: Record<string, string> = {
  'mimetools-testmsgs/badbound.msg': NO_PARTS,
  'mimetools-testmsgs/multi-2gifs-base64.msg': ENCODED,
  'testmsgs/bad-newlines-multiple-parts-base64.msg': ENCODED,
  'testmsgs/base64encoded-rfc822message-nested.msg': ENCODED,
  'testmsgs/missing-boundary.msg': NO_PARTS,
  'testmsgs/missing-inner-boundary.msg': NO_PARTS,
  'testmsgs/missing-inner-start-boundary.msg': NO_PARTS,
  'testmsgs/multipartnopart.msg': NO_PARTS,
  'testmsgs/very-long-boundary.msg': BLANKS,
  'testmsgs/very-very-long-boundary.msg': 'a boundary of 7,000 octets is beyond MAX_BOUNDARY',
  'testmsgs/weird-boundary.msg': BLANKS,
}

test('messages come apart as mime4j expects', { skip }, () => {
  const resources = join(folder ?? '', 'james-mime4j/core/src/test/resources')
  const files = globSync('{testmsgs,mimetools-testmsgs}/*.msg', { cwd: resources }).sort()
  assert.ok(files.length > 50)
  const differing: string[] = []
  for (const file of files) {
    const xml = join(resources, file.replace(/\.msg$/, '.xml'))
    if (!existsSync(xml)) continue
    const root = structureOf(scan(readFileSync(join(resources, file))))
    if (`<message>${shapeAsMime4j(root)}</message>` !== mime4jShape(readFileSync(xml, 'latin1'))) {
      differing.push(file)
    }
  }
  assert.deepEqual(differing, Object.keys(DIFFERENT).sort())
})
