import type { Clock, Logger } from '@mailstead/base'
import { READER_PATIENCE_MS, READERS, THREAD_REST_MS } from '../limits.ts'
import type { ArgsOf, ResultOf } from '../rpc.ts'
import type { ToServing } from '../serve-calls.ts'
import type { ReaderOps } from '../reader/ops.ts'
import type { ReaderData } from '../reader/worker.ts'
import { WorkerClient } from './worker-client.ts'

/** The reader threads: a call goes to the one with the fewest under way; another is started when a call has to wait for one that takes long, and ended when it has been idle long. */
export class Readers {
  readonly #readers: readonly WorkerClient<ReaderOps>[]

  constructor(path: string, log: Logger, clock: Clock) {
    const data: ReaderData = { path }
    // The first stays: what comes after a quiet night is answered without waiting for a thread.
    const reader = (at: number): WorkerClient<ReaderOps> =>
      new WorkerClient('reader', data, log, clock, at === 0 ? {} : { rest: THREAD_REST_MS })
    this.#readers = Array.from({ length: READERS }, (_, at) => reader(at))
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
    if (idlest === undefined) return this.#readers[0] as WorkerClient<ReaderOps>
    if (idlest.busyFor < READER_PATIENCE_MS) return idlest
    return this.#readers.find(({ started }) => !started) ?? idlest
  }

  giveBack(): void {
    for (const reader of this.#readers) {
      reader.rest()
      reader.tell({ kind: 'give-back' } satisfies ToServing)
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#readers.map((reader) => reader.close()))
  }
}
