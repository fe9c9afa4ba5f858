import { NUMBER_WIDTH, putNumber } from '@mailstead/wire'
import type { Threads } from './threads.ts'

/** Octets of a response that are written between two looks at the time: as many as go to the socket as they are. */
const PIECE = 16 * 1024

/** A number, and a blank or a parenthesis on both sides. */
const MOST_A_STEP = NUMBER_WIDTH + 2

const NONE = -1
const [BLANK, OPEN, CLOSE] = [0x20, 0x28, 0x29]

/** The thread-lists of RFC 5256 section 5, in pieces. Threads can be deep, so it does not recur. `numbers`: what each message is called. */
export function* printThreads({ count, first, firstChild, next }: Threads, numbers: Uint32Array): Generator<Uint8Array> {
  /** Nodes behind an open parenthesis. */
  const open: number[] = []
  let octets = new Uint8Array(PIECE + MOST_A_STEP)
  let end = 0
  let node = first
  if (node !== NONE) {
    octets[end++] = OPEN
    open.push(node)
  }
  while (open.length > 0) {
    if (end >= PIECE) {
      yield octets.subarray(0, end)
      octets = new Uint8Array(PIECE + MOST_A_STEP)
      end = 0
    }
    const isMessage = node !== NONE && node < count
    if (isMessage) end = putNumber(octets, end, numbers[node] ?? 0)
    const child = node === NONE ? NONE : (firstChild[node] ?? NONE)
    if (child !== NONE) {
      if (isMessage) octets[end++] = BLANK
      node = child
      if (next[child] === NONE) continue
    } else {
      octets[end++] = CLOSE
      node = next[open.pop() ?? 0] ?? NONE
      if (node === NONE) continue
    }
    octets[end++] = OPEN
    open.push(node)
  }
  yield octets.subarray(0, end)
}
