/** The thread in which mail is authenticated. */
import { parentPort } from 'node:worker_threads'
import { authenticate } from './authenticate.ts'
import type { FromThread, Surroundings, ToThread } from './facts.ts'

const port = parentPort
if (port === null) throw new Error('this is a thread')
const waiting = new Map<number, (value: unknown) => void>()
let questions = 0

const tell = (message: FromThread): void => port.postMessage(message)

function ask<T>(question: (number: number) => FromThread): Promise<T> {
  const number = ++questions
  const { promise, resolve } = Promise.withResolvers<T>()
  waiting.set(number, resolve as (value: unknown) => void)
  tell(question(number))
  return promise
}

port.on('message', (message: ToThread) => {
  if (message.kind === 'begin') {
    const { id, arrival } = message
    const around: Surroundings = {
      read: (offset) => ask((question) => ({ kind: 'read', id, question, offset })),
      look: (type, name) => ask((question) => ({ kind: 'look', id, question, type, name })),
    }
    authenticate(arrival, around).then(
      (found) => tell({ kind: 'done', id, found }),
      (error: unknown) => tell({ kind: 'failed', id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
    )
    return
  }
  waiting.get(message.question)?.(message.value)
  waiting.delete(message.question)
})
