import { existsSync, readFileSync } from 'node:fs'

/** How late an event loop was since the run began (ms). `nodeP99`: as perf_hooks counts it, each delay once however long. */
export interface LoopDelay {
  readonly p50: number
  readonly p99: number
  readonly max: number
  readonly nodeP99: number
  /** The most that was computed between two looks of the event loop at its timers (ms of its thread), whatever else the machine did. */
  readonly computed: number
  /** Of the heap, and outside of it (MiB). */
  readonly heap: number
  readonly outside: number
}

export function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * percent) / 100))] ?? Number.NaN
}

export const median = (values: readonly number[]): number => percentile(values, 50)

/** Memory of a process in MiB: resident, and of that what is its own. */
export function memoryOf(pid: number): { readonly rss: number; readonly pss: number } {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')
  const of = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(rollup)?.[1] ?? Number.NaN) / 1024
  return { rss: of('Rss'), pss: of('Pss') }
}

/** Seconds that a process has computed so far, all threads together. */
export function computedBy(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) / 100
}

/** The last figures that the preloaded module wrote. */
export function loopDelayIn(file: string): LoopDelay | undefined {
  if (!existsSync(file)) return undefined
  const line = readFileSync(file, 'utf8').trimEnd().split('\n').at(-1)
  return line === undefined || line === '' ? undefined : (JSON.parse(line) as LoopDelay)
}

/** Files and sockets that this process may have open. */
export function openFiles(): number {
  const limit = /^Max open files\s+(\d+|unlimited)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1]
  return limit === 'unlimited' ? Number.POSITIVE_INFINITY : Number(limit)
}
