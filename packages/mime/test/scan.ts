import { decodeStructure, MessageScanner, type Part, type Rendered } from '../src/index.ts'

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

/** mulberry32: the same numbers for the same seed. */
export function seeded(seed: number): (below: number) => number {
  let state = seed >>> 0
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0
    let value = Math.imul(state ^ (state >>> 15), state | 1)
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61)
    return ((value ^ (value >>> 14)) >>> 0) % below
  }
}

/** The seed of a random test: given to repeat a failure, else new each time. */
export const SEED = Number(process.env['MIME_SEED'] ?? Date.now() % 1_000_000_000)
