import { toText } from './octets.ts'

/** Places in the body structure of a message part (RFC 3501 section 7.4.2). */
const ENCODING = 5
const SIZE = 6
const INNER = 8

/**
 * The BODYSTRUCTURE of one part out of the whole message's, as RFC 5524 tells it; numbers as `findPart` takes them. `decoded`: octets of the content
 * where it is told without its encoding. `undefined`: there is no such part. Takes what `MessageScanner` renders and nothing else.
 */
export function partStructure(bodyStructure: Uint8Array, numbers: readonly number[], decoded?: number): string | undefined {
  let part = toText(bodyStructure)
  let message: string | undefined = part
  for (const number of numbers) {
    const container: string | undefined = isMultipart(part) ? part : message
    const next = container !== undefined && isMultipart(container) ? childOf(container, number) : number === 1 ? container : undefined
    if (next === undefined) return undefined
    part = next
    message = innerOf(part)
  }
  if (decoded === undefined || isMultipart(part) || innerOf(part) !== undefined) return part
  return `(${itemsOf(part).with(ENCODING, '"BINARY"').with(SIZE, String(decoded)).join(' ')})`
}

function isMultipart(structure: string): boolean {
  return structure.startsWith('((')
}

function childOf(multipart: string, number: number): string | undefined {
  const items = itemsOf(multipart)
  // Behind the parts stands the subtype.
  const parts = items.findIndex((item) => !item.startsWith('('))
  return number <= parts ? items[number - 1] : undefined
}

function innerOf(part: string): string | undefined {
  if (!/^\("message" "(?:rfc822|global)" /i.test(part)) return undefined
  const inner = itemsOf(part)[INNER]
  return inner?.startsWith('(') === true ? inner : undefined
}

/** The items of a parenthesized list. The parts of a multipart stand without blanks between them. */
function itemsOf(list: string): string[] {
  const items: string[] = []
  const token = /"(?:[^"\\]|\\.)*"|\{(\d+)\}\r\n|[()]|[^ ()"{]+/gs
  let depth = 0
  let start = 1
  for (let match = token.exec(list); match !== null; match = token.exec(list)) {
    const [text, size] = match
    if (depth === 1 && text !== ')') start = match.index
    if (text === '(') depth++
    else if (text === ')') depth--
    else if (size !== undefined) token.lastIndex += Number(size)
    if (depth === 1 && token.lastIndex > 1) items.push(list.slice(start, token.lastIndex))
    if (depth === 0) break
  }
  return items
}
