import { parentPort, workerData } from 'node:worker_threads'
import { connect } from '../connection.ts'
import { toWire, type Answer, type Call, type FromWorker } from '../rpc.ts'
import { maintenanceOps } from './ops.ts'

/** What the maintenance thread is started with. */
export interface MaintenanceData {
  readonly path: string
}

export type ToMaintenance = { readonly kind: 'call'; readonly call: Call } | { readonly kind: 'close' }

const port = parentPort
if (port === null) throw new Error('This file is a worker')
const post = (message: FromWorker): void => port.postMessage(message)

try {
  const { path } = workerData as MaintenanceData
  const db = connect(path, 'maintenance')
  const ops = maintenanceOps(db, path) as unknown as Readonly<Record<string, (...args: unknown[]) => unknown>>
  let last: Promise<void> = Promise.resolve()
  port.on('message', (message: ToMaintenance) => {
    last = last.then(async () => {
      if (message.kind === 'close') {
        db.close()
        post({ kind: 'closed' })
        port.close()
      } else {
        post({ kind: 'report', answers: [await run(ops, message.call)], changes: [], accountChanges: [] })
      }
    })
  })
  post({ kind: 'ready', value: undefined })
} catch (error) {
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error))
  post({ kind: 'failed', name, message, stack })
}

async function run(ops: Readonly<Record<string, (...args: unknown[]) => unknown>>, call: Call): Promise<Answer> {
  try {
    const found = ops[call.op]
    if (found === undefined) throw new Error(`Maintenance knows no ${call.op}`)
    return { id: call.id, value: await found(...call.args) }
  } catch (error) {
    return { id: call.id, error: toWire(error) }
  }
}
