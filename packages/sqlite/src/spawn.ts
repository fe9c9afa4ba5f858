import { Worker } from 'node:worker_threads'

const BEGIN = new URL('./thread.ts', import.meta.url)
/** The threads of the store, by what they do. */
const FILES = {
  writer: new URL('./writer/worker.ts', import.meta.url),
  reader: new URL('./reader/worker.ts', import.meta.url),
  search: new URL('./search/worker.ts', import.meta.url),
  maintenance: new URL('./maintenance/worker.ts', import.meta.url),
} as const

export type Thread = keyof typeof FILES

/**
 * The one place that starts threads; the sources run as they are. What a thread leaves behind is octets, which V8
 * lets grow to twice its young generation: a small one costs nothing here and saves tens of MiB.
 */
export function spawn(thread: Thread, data: unknown): Worker {
  return new Worker(BEGIN, {
    argv: [FILES[thread].href],
    workerData: data,
    name: `store-${thread}`,
    stdout: false,
    stderr: false,
    resourceLimits: { maxYoungGenerationSizeMb: 3 },
  })
}
