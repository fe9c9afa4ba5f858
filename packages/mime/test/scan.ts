import { decodeStructure, MessageScanner, sectionRange, type Part, type Rendered } from '../src/index.ts'

/** Scans `message` in slices of `step` octets. */
export function scan(message: string | Uint8Array, step = Number.POSITIVE_INFINITY): Rendered {
  const octets = typeof message === 'string' ? Buffer.from(message, 'latin1') : message
  const scanner = new MessageScanner()
  for (let at = 0; at < octets.length; at += step) scanner.push(octets.subarray(at, at + step))
  return scanner.end()
}

export function structureOf(rendered: Rendered): Part {
  const part = decodeStructure(rendered.structure)
  if (part === undefined) throw new Error('the structure cannot be decoded')
  return part
}

export function text(octets: Uint8Array): string {
  return Buffer.from(octets).toString('latin1')
}

/** All parts, root first. */
export function* allParts(part: Part): Iterable<Part> {
  yield part
  for (const child of part.children) yield* allParts(child)
}

/** The octets of BODY[name]; throws where there are none. */
export function sectionOf(message: Buffer, root: Part, name: string): Buffer {
  const words = name.split('.')
  const word = /^\d/.test(words.at(-1) ?? '') ? undefined : (words.pop()?.toLowerCase() as 'header' | 'text' | 'mime')
  const numbers = words.map(Number)
  const range = sectionRange(root, numbers, word)
  if (range === undefined) throw new Error(`${name} is not there`)
  return message.subarray(range.start, range.end)
}
