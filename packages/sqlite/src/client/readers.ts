import type { Clock, Logger } from '@mailstead/base'
import { READERS } from '../limits.ts'
import type { ArgsOf, ResultOf } from '../rpc.ts'
import type { ReaderOps } from '../reader/ops.ts'
import type { ReaderData } from '../reader/worker.ts'
import { WorkerClient } from './worker-client.ts'

/** The reader threads: a call goes to the one with the fewest under way; another is started when none is idle. */
export class Readers {
  readonly #readers: readonly WorkerClient<ReaderOps>[]

  constructor(path: string, log: Logger, clock: Clock) {
    const data: ReaderData = { path }
    this.#readers = Array.from({ length: READERS }, () => new WorkerClient<ReaderOps>('reader', data, log, clock))
  }

  call<Name extends keyof ReaderOps>(op: Name, ...args: ArgsOf<ReaderOps, Name>): Promise<ResultOf<ReaderOps, Name>> {
    return this.#choose().call(op, ...args)
  }

  #choose(): WorkerClient<ReaderOps> {
    const running = this.#readers.filter(({ started }) => started)
    const idlest = running.reduce<WorkerClient<ReaderOps> | undefined>(
      (best, reader) => (best === undefined || reader.pending < best.pending ? reader : best),
      undefined,
    )
    if (idlest?.pending === 0) return idlest
    return this.#readers.find(({ started }) => !started) ?? (idlest as WorkerClient<ReaderOps>)
  }

  async close(): Promise<void> {
    await Promise.all(this.#readers.map((reader) => reader.close()))
  }
}
