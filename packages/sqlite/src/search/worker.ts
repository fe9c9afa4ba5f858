import { parentPort, workerData } from 'node:worker_threads'
import { connect } from '../connection.ts'
import { serveCalls } from '../serve-calls.ts'
import { Sql } from '../sql.ts'
import { searchIndexPath } from './index-file.ts'
import { searchOps } from './ops.ts'

/** What the search thread is started with. */
export interface SearchData {
  readonly path: string
}

if (parentPort === null) throw new Error('This file is a worker')

serveCalls(parentPort, () => {
  const { path } = workerData as SearchData
  const mail = connect(path, 'reader')
  const search = searchOps(new Sql(mail), searchIndexPath(path))
  return {
    ops: search.ops,
    connections: [mail],
    close() {
      search.close()
      mail.close()
    },
  }
})
