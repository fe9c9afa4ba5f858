import type { Threads } from './threads.ts'

/** Octets of a response that are written between two looks at the time. */
const OCTETS_A_STEP = 1024

const NONE = -1

/** The thread-lists of RFC 5256 section 5, in pieces. Threads can be deep, so it does not recur. `numbers`: what each message is called. */
export function* printThreads({ count, first, firstChild, next }: Threads, numbers: ArrayLike<number>): Generator<string> {
  /** Nodes behind an open parenthesis. */
  const open: number[] = []
  let text = ''
  const begin = (node: number): void => {
    text += '('
    open.push(node)
  }
  if (first !== NONE) begin(first)
  for (let node = first; node !== NONE;) {
    if (text.length >= OCTETS_A_STEP) {
      yield text
      text = ''
    }
    if (node < count) text += numbers[node]
    const child = firstChild[node] ?? NONE
    if (child !== NONE) {
      if (node < count) text += ' '
      if (next[child] !== NONE) begin(child)
      node = child
      continue
    }
    for (node = NONE; node === NONE && open.length > 0; text += ')') node = next[open.pop() ?? 0] ?? NONE
    if (node !== NONE) begin(node)
  }
  yield text
}
