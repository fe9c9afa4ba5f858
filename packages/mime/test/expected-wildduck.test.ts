import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { corpusFolder, NO_CORPUS } from '@mailstead/testkit'
import { readHeader, type Part } from '../src/index.ts'
import { scan, structureOf, text } from './scan.ts'

const FIXTURES = join(corpusFolder() ?? '', 'wildduck-imap-fixtures')

interface WildduckNode {
  readonly childNodes?: readonly WildduckNode[]
  readonly message?: WildduckNode
  readonly header: readonly string[]
  /** An octet per character. */
  readonly body: string
  readonly multipart: string | false
  readonly boundary: string | false
  readonly size: number
}

interface Shape {
  readonly header: readonly string[]
  /** Of a multipart none: what is around its parts is told nowhere. */
  readonly body: string
  readonly multipart: string | false
  readonly children: readonly Shape[]
}

function theirs({ header, body, multipart, message, childNodes, size, boundary }: WildduckNode): Shape {
  const inside = childNodes ?? (message === undefined ? [] : [message])
  assert.equal(boundary === false, multipart === false)
  assert.equal(size, body.length)
  return { header, body: multipart === false ? body : '', multipart, children: inside.map(theirs) }
}

function ours(octets: Buffer, part: Part): Shape {
  const { kind, subtype, children, header, body, end } = part
  return {
    header: readHeader(octets.subarray(header, body)).map(({ raw }) => text(raw).replace(/\r\n$/, '')),
    body: kind === 'multipart' ? '' : octets.toString('latin1', body, end),
    multipart: kind === 'multipart' && subtype,
    children: children.map((child) => ours(octets, child)),
  }
}

for (const name of ['mimetorture', 'simple']) {
  test(`${name} comes apart as WildDuck expects: headers, bodies, sizes`, { skip: NO_CORPUS }, () => {
    const expected = theirs(JSON.parse(readFileSync(join(FIXTURES, `${name}.json`), 'utf8')) as WildduckNode)
    const octets = Buffer.from(readFileSync(join(FIXTURES, `${name}.eml`), 'latin1').replace(/\r?\n/g, '\r\n'), 'latin1')
    assert.deepEqual(ours(octets, structureOf(scan(octets))), expected)
  })
}
