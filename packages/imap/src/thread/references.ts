import type { Pace } from '../pace.ts'
import { Ancestry } from './ancestry.ts'
import type { ThreadMessage } from './message.ts'
import { leaderOf, sortNodes, type ThreadAlgorithm, type ThreadNode } from './node.ts'

/** Messages looked at between two looks at the time. */
const NODES_A_STEP = 256

/** THREAD=REFERENCES, RFC 5256, step by step. */
export const references: ThreadAlgorithm = async (messages, pace) => {
  const ancestry = new Ancestry(pace)
  for (const message of messages) await ancestry.add(message)
  const heads = await makeTrees(ancestry, pace)
  // Step 4.
  for (const head of heads) if (head.message === undefined) head.children = await sortNodes(head.children, pace)
  const threads = await mergeSubjects(await sortNodes(heads, pace), pace)
  return sortTrees(threads, pace)
}

/** Steps 2 and 3: heads of threads, dummies only where they keep several messages together. */
async function makeTrees(ancestry: Ancestry, pace: Pace): Promise<ThreadNode[]> {
  const nodes = new Map<object, ThreadNode>()
  const nodeOf = (key: object, message: ThreadMessage | undefined): ThreadNode => {
    const node = nodes.get(key) ?? { message, children: [] }
    nodes.set(key, node)
    return node
  }
  const heads: ThreadNode[] = []
  let done = 0
  for (const { message, parent, dummy } of await ancestry.links()) {
    const node = nodeOf(message, message)
    if (parent !== undefined) nodeOf(parent, parent).children.push(node)
    else if (dummy === undefined) heads.push(node)
    else if (nodeOf(dummy, undefined).children.push(node) === 1) heads.push(nodeOf(dummy, undefined))
    if (++done % NODES_A_STEP === 0) await pace.pause()
  }
  return heads.map((head) => (head.message === undefined && head.children.length === 1 ? (head.children[0] ?? head) : head))
}

/** Step 5: threads about the same are one thread. */
async function mergeSubjects(heads: readonly ThreadNode[], pace: Pace): Promise<ThreadNode[]> {
  const table = new Map<number, ThreadNode>()
  for (const [at, head] of heads.entries()) {
    const subject = leaderOf(head)?.subject ?? 0
    const known = table.get(subject)
    if (subject !== 0 && (known === undefined || precedes(head, known))) table.set(subject, head)
    if (at % NODES_A_STEP === 0) await pace.pause()
  }
  const gone = new Set<ThreadNode>()
  const made: ThreadNode[] = []
  for (const [at, head] of heads.entries()) {
    if (at % NODES_A_STEP === 0) await pace.pause()
    const subject = leaderOf(head)?.subject ?? 0
    const known = table.get(subject)
    if (known === undefined || known === head) continue
    gone.add(head)
    if (known.message === undefined) {
      // One by one: a call takes no more arguments than the stack holds.
      for (const child of head.message === undefined ? head.children : [head]) known.children.push(child)
    } else if (head.message?.isReply === true && !known.message.isReply) {
      known.children.push(head)
    } else {
      const dummy: ThreadNode = { message: undefined, children: [known, head] }
      gone.add(known)
      made.push(dummy)
      table.set(subject, dummy)
    }
  }
  return [...heads.filter((head) => !gone.has(head)), ...made]
}

/** Step 5 (B) (iv): which of two threads the others join. */
function precedes({ message }: ThreadNode, known: ThreadNode): boolean {
  return known.message !== undefined && (message === undefined || (known.message.isReply && !message.isReply))
}

/** Step 6: siblings by date, at the top last, since a dummy counts as its first child. */
async function sortTrees(threads: readonly ThreadNode[], pace: Pace): Promise<readonly ThreadNode[]> {
  const left = [...threads]
  let done = 0
  for (let node = left.pop(); node !== undefined; node = left.pop()) {
    if (node.children.length > 1) node.children = await sortNodes(node.children, pace)
    for (const child of node.children) left.push(child)
    if (++done % NODES_A_STEP === 0) await pace.pause()
  }
  return sortNodes(threads, pace)
}
