import type { OctetCheck } from '../octet-check.ts'
import type { Part } from '../part.ts'
import type { ReencodeRule } from './rules.ts'

/** A message that can be read again and again. */
export interface OctetSource {
  readonly size: number
  /** Octets from `offset`, `length` at most and one at least. */
  read(offset: number, length: number): Promise<Uint8Array>
}

/** What happens between two steps of some thousand octets; the work may be ended by throwing. */
export type Pause = () => Promise<void> | undefined

/** A message and what must not hold the thread for long. */
export interface Reencoding {
  readonly source: OctetSource
  readonly root: Part
  readonly rule: ReencodeRule
  readonly pause: Pause
}

export type Reading = Pick<Reencoding, 'source' | 'pause'>

/** Octets read at once. */
const STEP = 256 * 1024

export async function* octetsOf({ source, pause }: Reading, start: number, end: number): AsyncGenerator<Uint8Array> {
  for (let at = start; at < end;) {
    const octets = await source.read(at, Math.min(STEP, end - at))
    if (octets.length === 0) throw new Error(`the message ends at ${at} of ${end} octets`)
    yield octets
    at += octets.length
    await pause()
  }
}

export async function gather(octets: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  for await (const piece of octets) pieces.push(piece)
  return Buffer.concat(pieces)
}

/** What the rule finds in a stretch of the message. */
export async function checked(work: Reading & Pick<Reencoding, 'rule'>, start: number, end: number): Promise<OctetCheck> {
  const check = work.rule.check()
  for await (const octets of octetsOf(work, start, end)) check.push(octets)
  return check
}
