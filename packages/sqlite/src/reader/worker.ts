import { parentPort, workerData } from 'node:worker_threads'
import { connect } from '../connection.ts'
import { serveCalls } from '../serve-calls.ts'
import { Sql } from '../sql.ts'
import { readerOps } from './ops.ts'

/** What a reader thread is started with. */
export interface ReaderData {
  readonly path: string
}

if (parentPort === null) throw new Error('This file is a worker')

serveCalls(parentPort, () => {
  const db = connect((workerData as ReaderData).path, 'reader')
  return { ops: readerOps(new Sql(db)), connections: [db], close: () => void db.close() }
})
