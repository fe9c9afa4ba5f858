import { StoreError } from '@mailstead/store'
import type { Clock, EpochMs, Logger, Timer } from '@mailstead/base'
import type { Worker } from 'node:worker_threads'
import { fromWire, type ArgsOf, type Call, type Failed, type FromWorker, type Ops, type Report, type ResultOf } from '../rpc.ts'
import { spawn, type Thread } from '../spawn.ts'

interface Waiting {
  readonly op: string
  readonly since: EpochMs
  resolve(value: never): void
  reject(error: StoreError): void
}

export interface WorkerOptions {
  /** Is told what each report says beside its answers. */
  readonly publish?: (report: Report) => void
  /** ms without a call after which the thread is ended, as it keeps nothing between calls; the next call starts another. For ever by default. */
  readonly rest?: number
}

export interface CallOptions {
  /** Buffers that change hands: they are empty here afterwards. */
  readonly transfer?: readonly ArrayBuffer[]
  /** Octets of blobs inside. */
  readonly octets?: number
}

/**
 * The main thread's end of one worker, which starts with `start` or the first call. A worker that dies takes the
 * calls under way with it ('unavailable'); the next call starts another. The worker keeps the process alive only
 * while somebody waits for it, and its 15 MiB only while somebody needs it.
 */
export class WorkerClient<Table extends Ops> {
  readonly #thread: Thread
  readonly #data: unknown
  readonly #log: Logger
  readonly #clock: Clock
  readonly #publish: (report: Report) => void
  readonly #rest: number | undefined
  readonly #waiting = new Map<number, Waiting>()
  #worker: Worker | undefined
  #ready = false
  #nextId = 1
  #closing: (() => void) | undefined
  #closed = false
  #lastCall: EpochMs = 0
  #resting: Timer | undefined
  /** While a thread that had nothing to do is ended. */
  #retiring: Promise<void> | undefined

  constructor(thread: Thread, data: unknown, log: Logger, clock: Clock, { publish = () => {}, rest }: WorkerOptions = {}) {
    this.#thread = thread
    this.#data = data
    this.#log = log.child({ thread: `store-${thread}` })
    this.#clock = clock
    this.#publish = publish
    this.#rest = rest
  }

  /** Resolves to what the worker says when it is ready; rejects when it cannot start. */
  start(): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const worker = spawn(this.#thread, this.#data)
      this.#worker = worker
      this.#ready = false
      worker.on('message', (message: FromWorker) => {
        if (message.kind === 'report') this.#settle(worker, message)
        else if (message.kind === 'closed') this.#closing?.()
        else if (message.kind === 'failed') reject(failure(message))
        else if (message.kind === 'ready') {
          this.#ready = true
          if (this.#waiting.size === 0) worker.unref()
          resolve(message.value)
        }
        // Anything else is Node's own: under --watch the thread's loader sends its files by the same port.
      })
      worker.on('error', (error: unknown) => {
        this.#log.error('store thread failed', { error: error instanceof Error ? error.stack : String(error) })
        reject(error instanceof Error ? error : new Error(String(error)))
      })
      worker.on('exit', () => {
        reject(new Error(`Thread store-${this.#thread} ended`))
        this.#ended(worker)
      })
    })
  }

  get started(): boolean {
    return this.#worker !== undefined
  }

  /** Calls under way. */
  get pending(): number {
    return this.#waiting.size
  }

  /** ms that the oldest call under way has waited; 0: the thread answers soon, or is not ready yet. */
  get busyFor(): number {
    const [oldest] = this.#waiting.values()
    return oldest === undefined || !this.#ready ? 0 : this.#clock.now() - oldest.since
  }

  call<Name extends keyof Table & string>(op: Name, ...args: ArgsOf<Table, Name>): Promise<ResultOf<Table, Name>> {
    return this.callWith({}, op, ...args)
  }

  callWith<Name extends keyof Table & string>(
    { transfer, octets = 0 }: CallOptions,
    op: Name,
    ...args: ArgsOf<Table, Name>
  ): Promise<ResultOf<Table, Name>> {
    if (this.#closed) return Promise.reject(unavailable(true))
    if (this.#retiring !== undefined)
      return this.#retiring.then(() => this.callWith({ octets, ...(transfer && { transfer }) }, op, ...args))
    const worker = this.#running()
    this.#lastCall = this.#clock.now()
    const call: Call = { id: this.#nextId++, op, args: args as readonly unknown[], now: this.#lastCall, octets, lazy: false }
    return new Promise<ResultOf<Table, Name>>((resolve, reject) => {
      if (this.#waiting.size === 0) worker.ref()
      this.#waiting.set(call.id, { op, since: call.now, resolve: resolve as (value: never) => void, reject })
      worker.postMessage({ kind: 'call', call }, transfer)
    })
  }

  /** A call nobody waits for, done with the next one that somebody does. */
  postpone<Name extends keyof Table & string>(op: Name, ...args: ArgsOf<Table, Name>): void {
    if (this.#closed) return
    const call: Call = { id: 0, op, args: args as readonly unknown[], now: this.#clock.now(), octets: 0, lazy: true }
    this.#running().postMessage({ kind: 'call', call }, [])
  }

  /** A message that is no call. */
  tell(message: { readonly kind: string }): void {
    if (!this.#closed) this.#worker?.postMessage(message, [])
  }

  /** Ends the thread before its time, unless it is one that stays, or somebody waits for it. */
  rest(): void {
    if (this.#rest === undefined || this.#waiting.size > 0 || this.#closed || this.#worker === undefined) return
    this.#resting?.cancel()
    this.#resting = undefined
    this.#retire(this.#worker)
  }

  /** Lets what was called finish, then ends the thread. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#resting?.cancel()
    await this.#retiring
    if (this.#worker !== undefined) await this.#end(this.#worker)
  }

  async #end(worker: Worker): Promise<void> {
    worker.ref()
    await new Promise<void>((resolve) => {
      this.#closing = resolve
      worker.once('exit', () => resolve())
      worker.postMessage({ kind: 'close' }, [])
    })
    await worker.terminate()
  }

  /** Looks, when its time may have come, whether the thread has had nothing to do. */
  #restAfter(ms: number, rest: number): void {
    this.#resting = this.#clock.after(ms, () => {
      this.#resting = undefined
      const idle = this.#clock.now() - this.#lastCall
      if (this.#closed || this.#waiting.size > 0) return
      if (idle < rest) this.#restAfter(rest - idle, rest)
      else if (this.#worker !== undefined) this.#retire(this.#worker)
    })
  }

  #retire(worker: Worker): void {
    this.#worker = undefined
    this.#retiring = this.#end(worker).finally(() => {
      this.#closing = undefined
      this.#retiring = undefined
    })
  }

  /** The worker; a message waits in its port until it is ready. */
  #running(): Worker {
    if (this.#worker === undefined) {
      this.start().catch((error: unknown) => this.#log.error('store thread cannot start', { error: String(error) }))
    }
    return this.#worker as Worker
  }

  #settle(worker: Worker, report: Report): void {
    this.#publish(report)
    for (const answer of report.answers) {
      const waiting = this.#waiting.get(answer.id)
      if ('error' in answer && answer.error.cause !== undefined) {
        this.#log.error('store call failed', { op: waiting?.op, error: answer.error.cause })
      }
      if (waiting === undefined) continue
      this.#waiting.delete(answer.id)
      if ('error' in answer) waiting.reject(fromWire(answer.error))
      else waiting.resolve(answer.value as never)
    }
    if (this.#waiting.size > 0 || this.#closing !== undefined) return
    worker.unref()
    if (this.#rest !== undefined && this.#resting === undefined) this.#restAfter(this.#rest, this.#rest)
  }

  #ended(worker: Worker): void {
    if (this.#worker !== worker) return
    this.#worker = undefined
    // What it did last was not told.
    this.#publish({
      kind: 'report',
      answers: [],
      changes: [],
      accountChanges: [],
      beyond: true,
      directory: true,
      queue: true,
      suppressions: true,
    })
    this.#closing?.()
    for (const waiting of this.#waiting.values()) waiting.reject(unavailable(this.#closed))
    this.#waiting.clear()
  }
}

function failure({ name, code, message, stack }: Failed): Error {
  return Object.assign(new Error(message), { name, stack, ...(code === undefined ? {} : { code }) })
}

function unavailable(closed: boolean): StoreError {
  return new StoreError('unavailable', closed ? 'The server is shutting down' : 'Storage is not available, try again later')
}
