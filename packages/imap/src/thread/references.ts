import { inSlices } from '../keys/slices.ts'
import type { Pace } from '../pace.ts'
import { Ancestry } from './ancestry.ts'
import type { ThreadMessages } from './message.ts'
import { highestOf, NumberTable } from './number-table.ts'
import { growThreads, type ThreadAlgorithm } from './threads.ts'

const NONE = -1

/** THREAD=REFERENCES, RFC 5256. */
export const references: ThreadAlgorithm = async (messages, pace) => {
  const ancestry = new Ancestry(messages, pace)
  await ancestry.link()
  const { parents, nodes } = await mergeSubjects(messages, withoutOnlyChildren(await ancestry.parents()), pace)
  // Step 6.
  return growThreads(messages, parents, nodes, pace)
}

/** The end of step 3: dummies only where they keep several messages together. */
function withoutOnlyChildren(parents: Int32Array): Int32Array {
  const count = parents.length
  const children = new Uint32Array(count)
  const kept = parents.slice()
  for (let at = 0; at < count; at++) if (parents[at]! >= count) children[parents[at]! - count]!++
  for (let at = 0; at < count; at++) if (parents[at]! >= count && children[parents[at]! - count] === 1) kept[at] = NONE
  return kept
}

/** Step 5: threads about the same are one thread. The heads of threads are numbers as in `parents`, by message: those of messages, and from their count on dummies. */
async function mergeSubjects(
  messages: ThreadMessages,
  parents: Int32Array,
  pace: Pace,
): Promise<{ readonly parents: Int32Array; readonly nodes: number }> {
  const { subjects, replies } = messages
  const count = parents.length
  const { heads, leaders } = headsOf(messages, parents)
  const isDummy = (head: number): boolean => head >= count
  const isReply = (head: number): boolean => replies[head] === 1
  /** Step 5 (B) (iv): which of two threads the others join. */
  const precedes = (head: number, known: number): boolean => !isDummy(known) && (isDummy(head) || (isReply(known) && !isReply(head)))
  const table = new NumberTable(highestOf(subjects), count)
  const subjectOf = (at: number): number => subjects[leaders[at] ?? 0] ?? 0
  await inSlices(heads.length, pace, (from, to) => {
    for (let at = from; at < to; at++) {
      const [head, known] = [heads[at] ?? 0, table.get(subjectOf(at))]
      if (known === NONE || precedes(head, known)) table.set(subjectOf(at), head)
    }
  })
  const merged = parents.slice()
  /** Dummies that became part of others, by their numbers from 0. */
  const joined = new Map<number, number>()
  let nodes = 2 * count
  await inSlices(heads.length, pace, (from, to) => {
    for (let at = from; at < to; at++) {
      const [head, subject] = [heads[at] ?? 0, subjectOf(at)]
      const known = table.get(subject)
      if (subject === 0 || known === head) continue
      if (isDummy(head)) joined.set(head, known)
      else if (isDummy(known) || (isReply(head) && !isReply(known))) merged[head] = known
      else {
        merged[known] = merged[head] = nodes
        table.set(subject, nodes++)
      }
    }
  })
  if (joined.size > 0) for (const [at, parent] of merged.entries()) merged[at] = joined.get(parent) ?? parent
  return { parents: merged, nodes }
}

/** Step 4: messages without a parent, and dummies, by date; and the message that each is sorted by: its own, of a dummy that of its first child. */
function headsOf({ byDate }: ThreadMessages, parents: Int32Array): { readonly heads: Int32Array; readonly leaders: Int32Array } {
  const count = parents.length
  const isKnown = new Uint8Array(count)
  const heads = new Int32Array(count)
  const leaders = new Int32Array(count)
  let found = 0
  for (let at = 0; at < byDate.length; at++) {
    const message = byDate[at] ?? 0
    const parent = parents[message] ?? NONE
    if (parent !== NONE && (parent < count || isKnown[parent - count] === 1)) continue
    if (parent !== NONE) isKnown[parent - count] = 1
    heads[found] = parent === NONE ? message : parent
    leaders[found++] = message
  }
  return { heads: heads.subarray(0, found), leaders: leaders.subarray(0, found) }
}
