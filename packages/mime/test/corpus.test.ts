import assert from 'node:assert/strict'
import { test } from 'node:test'
import { corpusFolder, corpusMessages, NO_CORPUS } from '@mailstead/testkit'
import { baseSubject, bodyOfStructure, readEnvelope } from '../src/index.ts'
import { allParts, scan, structureOf, text } from './scan.ts'

test('every message of the corpus is scanned, whole or in slices, with offsets in range', { skip: NO_CORPUS }, () => {
  let messages = 0
  for (const { name: file, octets } of corpusMessages(corpusFolder() ?? '')) {
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
