import { parentPort, workerData } from 'node:worker_threads'
import { connect } from '../connection.ts'
import { toWire, type Answer, type Call, type FromWorker } from '../rpc.ts'
import { Sql } from '../sql.ts'
import { buffersIn } from '../transfer.ts'
import { readerOps } from './ops.ts'

/** What a reader thread is started with. */
export interface ReaderData {
  readonly path: string
}

export type ToReader = { readonly kind: 'call'; readonly call: Call } | { readonly kind: 'close' }

const port = parentPort
if (port === null) throw new Error('This file is a worker')

try {
  const db = connect((workerData as ReaderData).path, 'reader')
  const ops = readerOps(new Sql(db)) as unknown as Readonly<Record<string, (...args: unknown[]) => unknown>>
  port.on('message', (message: ToReader) => {
    if (message.kind === 'close') {
      db.close()
      port.postMessage({ kind: 'closed' } satisfies FromWorker)
      port.close()
      return
    }
    const answer = run(ops, message.call)
    const transfer = 'value' in answer ? buffersIn(answer.value) : []
    port.postMessage({ kind: 'report', answers: [answer], changes: [], accountChanges: [] } satisfies FromWorker, transfer)
  })
  port.postMessage({ kind: 'ready', value: undefined } satisfies FromWorker)
} catch (error) {
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error))
  port.postMessage({ kind: 'failed', name, message, stack } satisfies FromWorker)
}

function run(ops: Readonly<Record<string, (...args: unknown[]) => unknown>>, { id, op, args }: Call): Answer {
  try {
    const found = ops[op]
    if (found === undefined) throw new Error(`The reader knows no ${op}`)
    return { id, value: found(...args) }
  } catch (error) {
    return { id, error: toWire(error) }
  }
}
