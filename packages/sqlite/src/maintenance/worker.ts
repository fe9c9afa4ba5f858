import { parentPort, workerData } from 'node:worker_threads'
import { connect } from '../connection.ts'
import { failed, toWire, type Answer, type Call, type FromWorker } from '../rpc.ts'
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
  const closing = new AbortController()
  const ops = maintenanceOps(db, path, closing.signal) as unknown as Readonly<Record<string, (...args: unknown[]) => unknown>>
  /** Backups, one after the other; all else is done at once, between two steps of a backup. */
  let backups: Promise<void> = Promise.resolve()
  const answer = async (call: Call): Promise<void> => {
    post({ kind: 'report', answers: [await run(ops, call)], changes: [], accountChanges: [] })
  }
  port.on('message', (message: ToMaintenance) => {
    if (message.kind === 'close') {
      closing.abort()
      void backups.then(() => {
        db.close()
        post({ kind: 'closed' })
        port.close()
      })
    } else if (message.call.op === 'backup') {
      backups = backups.then(() => answer(message.call))
    } else void answer(message.call)
  })
  post({ kind: 'ready', value: undefined })
} catch (error) {
  post(failed(error))
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
