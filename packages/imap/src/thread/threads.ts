import { inSlices } from '../keys/slices.ts'
import type { Pace } from '../pace.ts'
import type { ThreadMessages } from './message.ts'

const NONE = -1

/**
 * Ordered trees of messages. Nodes are numbers: below `count` the messages themselves, from there on dummies that stand for messages which
 * are not there: at the top only, with children always.
 */
export interface Threads {
  readonly count: number
  /** The first of the threads, or -1. */
  readonly first: number
  /** By node; -1: there is none. At the top the next thread. */
  readonly firstChild: Int32Array
  readonly next: Int32Array
}

/** Of the messages the threads, ordered. */
export type ThreadAlgorithm = (messages: ThreadMessages, pace: Pace) => Promise<Threads>

/**
 * Trees in which all siblings are by date: those of messages by their own, dummies by that of their first child. `parents`: by message, -1 for
 * none. `nodes`: how many there are, dummies too.
 */
export async function growThreads({ byDate }: ThreadMessages, parents: Int32Array, nodes: number, pace: Pace): Promise<Threads> {
  const count = byDate.length
  const firstChild = new Int32Array(nodes).fill(NONE)
  const last = new Int32Array(nodes).fill(NONE)
  const next = new Int32Array(nodes).fill(NONE)
  let [first, latest] = [NONE, NONE]
  const addHead = (node: number): void => {
    if (latest === NONE) first = node
    else next[latest] = node
    latest = node
  }
  await inSlices(count, pace, (from, to) => {
    for (let at = from; at < to; at++) {
      const message = byDate[at] ?? 0
      const parent = parents[message] ?? NONE
      if (parent === NONE) addHead(message)
      else {
        const before = last[parent] ?? NONE
        if (before !== NONE) next[before] = message
        else firstChild[parent] = message
        if (before === NONE && parent >= count) addHead(parent)
        last[parent] = message
      }
    }
  })
  return { count, first, firstChild, next }
}
