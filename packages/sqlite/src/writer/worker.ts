import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import { connect } from '../connection.ts'
import { GROUP_MEMBERS, GROUP_OCTETS, POSTPONED_MS } from '../limits.ts'
import { migrate } from '../migrate.ts'
import type { Call, FromWorker } from '../rpc.ts'
import { Sql, type Faults } from '../sql.ts'
import { GroupCommitter } from './group.ts'
import { startUp, type StartUp } from './start-up.ts'

/** What the writer thread is started with. */
export interface WriterData {
  readonly path: string
  readonly now: number
  /** Tests only: the URL of a module whose `faults(parameter)` gives the `Faults`. */
  readonly faults?: { readonly module: string; readonly parameter: unknown }
}

/** What the thread says when it is ready. */
export interface WriterStarted extends StartUp {
  readonly schema: number
}

/** `restart-wal` and `close` are acts between groups, not members. */
export type ToWriter = { readonly kind: 'call'; readonly call: Call } | { readonly kind: 'restart-wal' } | { readonly kind: 'close' }

const port = parentPort
if (port === null) throw new Error('This file is a worker')
const post = (message: FromWorker): void => port.postMessage(message)
const data = workerData as WriterData

try {
  const started = open(data)
  const faults = data.faults === undefined ? undefined : await loadFaults(data.faults)
  serve(new GroupCommitter(data.path, faults))
  post({ kind: 'ready', value: started })
} catch (error) {
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error))
  post({ kind: 'failed', name, message, stack })
}

function open({ path, now }: WriterData): WriterStarted {
  const db = connect(path, 'create')
  try {
    const schema = migrate(db, path)
    return { schema, ...startUp(new Sql(db), now) }
  } finally {
    db.close()
  }
}

async function loadFaults({ module, parameter }: NonNullable<WriterData['faults']>): Promise<Faults> {
  const loaded = (await import(module)) as { faults(parameter: unknown): Faults }
  return loaded.faults(parameter)
}

/** Gives octets that were handed over back at once: the collector lets some 30 MiB of them gather first. */
function free({ args }: Call): void {
  for (const arg of args) if (ArrayBuffer.isView(arg) && arg.buffer instanceof ArrayBuffer) arg.buffer.transfer(0)
}

function serve(committer: GroupCommitter): void {
  let waiting: Call[] = []
  let restart = false
  let closing = false
  let late: NodeJS.Timeout | undefined

  /** What was postponed gets a commit of its own where nothing else commits for a while. */
  const writeLate = (): void => {
    late = undefined
    const report = committer.run([])
    if (report.answers.length > 0) post(report)
  }
  const take = (message: ToWriter): void => {
    if (message.kind === 'restart-wal') restart = true
    else if (message.kind === 'close') closing = true
    else if (message.call.lazy) {
      committer.postpone(message.call)
      late ??= setTimeout(writeLate, POSTPONED_MS)
    } else waiting.push(message.call)
  }
  /** What gathered while the last commit ran; no timer. */
  const drain = (): void => {
    while (waiting.length < GROUP_MEMBERS) {
      const next = receiveMessageOnPort(port as NonNullable<typeof port>) as { message: ToWriter } | undefined
      if (next === undefined) return
      take(next.message)
    }
  }
  const restartWal = (): void => {
    if (restart) committer.restartWal()
    restart = false
  }
  const nextGroup = (): Call[] => {
    let octets = 0
    let members = 0
    for (const call of waiting) {
      octets += call.octets
      if (members > 0 && octets > GROUP_OCTETS) break
      members++
    }
    const group = waiting.slice(0, members)
    waiting = waiting.slice(members)
    return group
  }

  port?.on('message', (message: ToWriter) => {
    take(message)
    for (drain(); waiting.length > 0; drain()) {
      const group = nextGroup()
      post(committer.run(group))
      group.forEach(free)
      // Here too: under steady mail the queue is never empty.
      restartWal()
    }
    restartWal()
    if (closing) {
      clearTimeout(late)
      post(committer.close())
      post({ kind: 'closed' })
      port.close()
    }
  })
}
