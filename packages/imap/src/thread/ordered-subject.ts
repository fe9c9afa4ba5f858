import { inSlices } from '../keys/slices.ts'
import { highestOf, NumberTable } from './number-table.ts'
import { growThreads, type ThreadAlgorithm } from './threads.ts'

/** THREAD=ORDEREDSUBJECT, RFC 5256: one thread a base subject, all others children of its first message. */
export const orderedSubject: ThreadAlgorithm = async (messages, pace) => {
  const { byDate, subjects } = messages
  const heads = new NumberTable(highestOf(subjects), subjects.length)
  const parents = new Int32Array(subjects.length)
  await inSlices(byDate.length, pace, (from, to) => {
    for (let at = from; at < to; at++) {
      const message = byDate[at] ?? 0
      const subject = subjects[message] ?? 0
      parents[message] = heads.get(subject)
      if (parents[message] === -1) heads.set(subject, message)
    }
  })
  return growThreads(messages, parents, parents.length, pace)
}
