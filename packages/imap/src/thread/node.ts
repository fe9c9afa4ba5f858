import type { Uid } from '@mailstead/store'
import { pacedSort } from '../paced-sort.ts'
import type { Pace } from '../pace.ts'
import type { ThreadMessage } from './message.ts'

/** A message in its thread, or the dummy that stands for one that is not there: at the top only, with children always. */
export interface ThreadNode {
  readonly message: ThreadMessage | undefined
  children: ThreadNode[]
}

/** Of the messages (in the order of the mailbox) the threads, ordered. */
export type ThreadAlgorithm = (messages: readonly ThreadMessage[], pace: Pace) => Promise<readonly ThreadNode[]>

/** RFC 5256 section 2.2: by sent date, then by place in the mailbox, which is the order of UIDs. */
export function bySentDate(a: ThreadMessage, b: ThreadMessage): number {
  return a.sent - b.sent || a.uid - b.uid
}

/** The message that a node is sorted by: its own, of a dummy that of its first child. */
export function leaderOf(node: ThreadNode): ThreadMessage | undefined {
  return node.message ?? node.children[0]?.message
}

export function sortNodes(nodes: readonly ThreadNode[], pace: Pace): Promise<ThreadNode[]> {
  return pacedSort(nodes, (a, b) => compareNodes(a, b), pace)
}

function compareNodes(a: ThreadNode, b: ThreadNode): number {
  const [left, right] = [leaderOf(a), leaderOf(b)]
  return left === undefined || right === undefined ? 0 : bySentDate(left, right)
}

/** thread-list of RFC 5256 section 5, in pieces. Threads can be deep, so it does not recur. */
export function* printThread(thread: ThreadNode, numberOf: (uid: Uid) => number): Iterable<string> {
  const left: (ThreadNode | string)[] = [')', thread]
  yield '('
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    if (typeof next === 'string') {
      yield next
      continue
    }
    const { message, children } = next
    if (message !== undefined) yield String(numberOf(message.uid))
    if (children.length > 0 && message !== undefined) yield ' '
    const [only] = children
    if (children.length === 1 && only !== undefined) left.push(only)
    else for (const child of children.toReversed()) left.push(')', child, '(')
  }
}
