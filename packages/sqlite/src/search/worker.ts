import { parentPort, workerData } from 'node:worker_threads'
import { connect } from '../connection.ts'
import { serveCalls } from '../serve-calls.ts'
import { Sql } from '../sql.ts'
import { searchOps } from './ops.ts'

/** What the search thread is started with. */
export interface SearchData {
  readonly path: string
}

if (parentPort === null) throw new Error('This file is a worker')

serveCalls(parentPort, () => {
  const mail = connect((workerData as SearchData).path, 'reader')
  return { ops: searchOps(new Sql(mail)), close: () => void mail.close() }
})
