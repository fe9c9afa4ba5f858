import { parentPort, workerData } from 'node:worker_threads'
import { connect } from '../connection.ts'
import { migrate } from '../migrate.ts'
import { failed, type FromWorker } from '../rpc.ts'
import { isIndexBehind } from '../search/behind.ts'
import { Sql, type Faults } from '../sql.ts'
import { GroupCommitter } from './group.ts'
import { WriterLoop, type ToWriter } from './loop.ts'
import { startUp, type StartUp } from './start-up.ts'

/** What the writer thread is started with. */
export interface WriterData {
  readonly path: string
  readonly now: number
  /** Of the process, when it has opened the database before. */
  readonly epoch?: number
  /** Tests only: the URL of a module whose `faults(parameter)` gives the `Faults`. */
  readonly faults?: { readonly module: string; readonly parameter: unknown }
}

/** What the thread says when it is ready. */
export interface WriterStarted extends StartUp {
  readonly schema: number
  /** Whether the search index has something to do. */
  readonly behind: boolean
}

const port = parentPort
if (port === null) throw new Error('This file is a worker')
const post = (message: FromWorker): void => port.postMessage(message)
const data = workerData as WriterData

try {
  const started = open(data)
  const faults = data.faults === undefined ? undefined : await loadFaults(data.faults)
  const loop = new WriterLoop(port, new GroupCommitter(data.path, faults))
  port.on('message', (message: ToWriter) => loop.run(message))
  post({ kind: 'ready', value: started })
} catch (error) {
  post(failed(error))
}

function open({ path, now, epoch }: WriterData): WriterStarted {
  const db = connect(path, 'create')
  try {
    const schema = migrate(db, path)
    const sql = new Sql(db)
    return { schema, ...startUp(sql, now, epoch), behind: isIndexBehind(sql, path) }
  } finally {
    db.close()
  }
}

async function loadFaults({ module, parameter }: NonNullable<WriterData['faults']>): Promise<Faults> {
  const loaded = (await import(module)) as { faults(parameter: unknown): Faults }
  return loaded.faults(parameter)
}
