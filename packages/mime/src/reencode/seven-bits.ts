import { MessageScanner } from '../scanner.ts'
import { decodeStructure } from '../structure.ts'
import { editsOf, type Edit } from './edits.ts'
import type { ReencodeRule } from './rules.ts'
import { checked, octetsOf, type OctetSource, type Pause, type Reading } from './work.ts'
import { written } from './write.ts'

/** How a message is written otherwise. Small, and good for the same octets again. */
export interface Rewriting {
  readonly size: number
  readonly edits: readonly Edit[]
  readonly rule: ReencodeRule
}

/**
 * How the message becomes what the rule asks for; `undefined`: it is that. Reads it three times or, where nothing has to be done, once, and keeps none
 * of its bodies. Throws `CannotReencode` where something would be lost.
 */
export async function planRewriting(source: OctetSource, rule: ReencodeRule, pause: Pause): Promise<Rewriting | undefined> {
  const reading = { source, pause }
  if (!(await checked({ ...reading, rule }, 0, source.size)).broken) return undefined
  const scanner = new MessageScanner()
  for await (const octets of octetsOf(reading, 0, source.size)) scanner.push(octets)
  const root = decodeStructure(scanner.end().structure)
  if (root === undefined) throw new Error('the scanner made a structure that cannot be read')
  const edits = await editsOf({ ...reading, root, rule })
  let size = 0
  for await (const octets of written({ ...reading, rule }, edits)) size += octets.length
  return { size, edits, rule }
}

/** The message as planned, for one reader at a time, who goes from its beginning to its end or begins anew; any other order costs time. */
export function rewrittenSource(source: OctetSource, { size, edits, rule }: Rewriting, pause: Pause): OctetSource {
  return new RewrittenSource(size, () => written({ source, pause, rule } satisfies Reading & { rule: ReencodeRule }, edits))
}

const NOTHING = new Uint8Array(0)

class RewrittenSource implements OctetSource {
  readonly size: number
  readonly #write: () => AsyncIterator<Uint8Array>
  #pieces: AsyncIterator<Uint8Array> | undefined
  #piece: Uint8Array = NOTHING
  /** Where the piece begins. */
  #at = 0

  constructor(size: number, write: () => AsyncIterator<Uint8Array>) {
    this.size = size
    this.#write = write
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    if (this.#pieces === undefined || offset < this.#at) [this.#pieces, this.#piece, this.#at] = [this.#write(), NOTHING, 0]
    while (offset >= this.#at + this.#piece.length) {
      const next = await this.#pieces.next()
      if (next.done === true) return NOTHING
      this.#at += this.#piece.length
      this.#piece = next.value
    }
    return this.#piece.subarray(offset - this.#at, offset - this.#at + length)
  }
}
