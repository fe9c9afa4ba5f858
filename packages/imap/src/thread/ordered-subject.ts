import { pacedSort } from '../paced-sort.ts'
import { bySentDate, sortNodes, type ThreadAlgorithm, type ThreadNode } from './node.ts'

/** THREAD=ORDEREDSUBJECT, RFC 5256: one thread a base subject, all others children of its first message. */
export const orderedSubject: ThreadAlgorithm = async (messages, pace) => {
  const sorted = await pacedSort(messages, (a, b) => a.subject - b.subject || bySentDate(a, b), pace)
  const threads: ThreadNode[] = []
  for (const message of sorted) {
    const thread = threads.at(-1)
    if (thread?.message?.subject === message.subject) thread.children.push({ message, children: [] })
    else threads.push({ message, children: [] })
    await pace.pause()
  }
  return sortNodes(threads, pace)
}
