import type { Clock, Logger } from '@mailstead/base'
import { READERS } from '../limits.ts'
import type { ArgsOf, ResultOf } from '../rpc.ts'
import type { ReaderOps } from '../reader/ops.ts'
import type { ReaderData } from '../reader/worker.ts'
import { WorkerClient } from './worker-client.ts'

/** The reader threads: each call goes to the one with the fewest under way. */
export class Readers {
  readonly #readers: readonly WorkerClient<ReaderOps>[]

  constructor(path: string, log: Logger, clock: Clock) {
    const data: ReaderData = { path }
    this.#readers = Array.from({ length: READERS }, () => new WorkerClient<ReaderOps>('reader', data, log, clock))
  }

  get ready(): Promise<unknown> {
    return Promise.all(this.#readers.map(({ ready }) => ready))
  }

  call<Name extends keyof ReaderOps>(op: Name, ...args: ArgsOf<ReaderOps, Name>): Promise<ResultOf<ReaderOps, Name>> {
    const idlest = this.#readers.reduce((best, reader) => (reader.pending < best.pending ? reader : best))
    return idlest.call(op, ...args)
  }

  async close(): Promise<void> {
    await Promise.all(this.#readers.map((reader) => reader.close()))
  }
}
