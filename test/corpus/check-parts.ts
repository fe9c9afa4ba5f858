import assert from 'node:assert/strict'
import { numbered, type Body } from './body.ts'

/** Octets of BODY[…] by what stands in the brackets. */
export type Sections = (name: string) => Buffer

/** What `checkParts` asks for. */
export function sectionsOf(body: Body): string[] {
  const names = ['HEADER', 'TEXT']
  for (const { number, body: part } of numbered(body)) {
    names.push(number, `${number}.MIME`)
    if (part.kind === 'message') names.push(`${number}.HEADER`, `${number}.TEXT`)
  }
  return names
}

/** Holds the parts of a message, fetched by number, against the message, and against the octets and lines that its BODYSTRUCTURE tells. */
export function checkParts(message: Buffer, body: Body, section: Sections): void {
  assert.ok(Buffer.concat([section('HEADER'), section('TEXT')]).equals(message), 'HEADER and TEXT make the message')
  checkContent(section('TEXT'), section('HEADER'), body, '', section)
  for (const { number, body: part } of numbered(body)) {
    if (part.kind === 'multipart') continue
    const octets = section(number)
    assert.equal(octets.length, part.size, `octets of ${number}`)
    if (part.lines !== undefined)
      assert.equal(
        octets.reduce((lines, octet) => lines + Number(octet === 10), 0),
        part.lines,
        `lines of ${number}`,
      )
  }
}

/** `content` follows `header`, which is a message's or a part's, and is what `body` describes; its parts are numbered behind `prefix`. */
function checkContent(content: Buffer, header: Buffer, body: Body, prefix: string, section: Sections): void {
  if (body.kind === 'multipart') return checkMultipart(content, body.children, body.boundary, prefix, section)
  assert.ok(section(`${prefix}1`).equals(content), `${prefix}1 is the body`)
  assert.ok(section(`${prefix}1.MIME`).equals(header), `${prefix}1.MIME is the header`)
  checkMessage(`${prefix}1`, body, section)
}

function checkMessage(number: string, body: Body, section: Sections): void {
  if (body.kind !== 'message') return
  const [header, content] = [section(`${number}.HEADER`), section(`${number}.TEXT`)]
  assert.ok(Buffer.concat([header, content]).equals(section(number)), `${number}.HEADER and ${number}.TEXT make ${number}`)
  checkContent(content, header, body.message, `${number}.`, section)
}

/**
 * Behind a part stands nothing, or the line end that belongs to the next delimiter, all of it (RFC 2046 section 5.1.1); where there is
 * no body, that is the one behind the header.
 */
const PART_END = /\|$|(?:^|[^\r])\|\n--|\|\r\n--|(?:^|\n)(?:\r?\n)?\|--/

/** Parts stand one behind the other, each behind a delimiter line, with a line end before the next. */
function checkMultipart(content: Buffer, children: readonly Body[], boundary: string | undefined, prefix: string, section: Sections): void {
  let at = 0
  for (const [index, child] of children.entries()) {
    const number = `${prefix}${index + 1}`
    const [header, body] = [section(`${number}.MIME`), section(number)]
    const part = Buffer.concat([header, body])
    if (index === 0 && children.length === 1 && part.equals(content)) at = content.length
    else at = behindPart(content, part, boundary, at, number)
    if (child.kind === 'multipart') checkMultipart(body, child.children, child.boundary, `${number}.`, section)
    else checkMessage(number, child, section)
  }
}

/** Behind `part`, which stands behind a delimiter line from `from` on, and before another or the end. */
function behindPart(content: Buffer, part: Buffer, boundary: string | undefined, from: number, number: string): number {
  // A boundary that RFC 2231 hides is not looked for.
  const delimiter = Buffer.from(`--${(boundary ?? '').trimEnd()}`, 'latin1')
  for (let at = content.indexOf(delimiter, from); at >= 0; at = content.indexOf(delimiter, at + 1)) {
    if (at > 0 && content[at - 1] !== 10) continue
    const feed = content.indexOf(10, at)
    const start = feed < 0 ? content.length : feed + 1
    const end = start + part.length
    if (content.subarray(start, end).equals(part) && isPartEnd(content, start, end)) return end
  }
  return assert.fail(`${number} stands nowhere between delimiters`)
}

/** `start` is where the part's header begins. */
function isPartEnd(content: Buffer, start: number, end: number): boolean {
  return PART_END.test(`${content.toString('latin1', Math.max(start, end - 4), end)}|${content.toString('latin1', end, end + 4)}`)
}
