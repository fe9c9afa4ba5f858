/**
 * Loaded into a server by `--import`: writes each second how late its event loop was, to the file of MAILSTEAD_LOOP_DELAY. What is late once
 * would have kept everything waiting that came in the meantime, so that a delay counts for each tick it has swallowed.
 */
import { appendFileSync, existsSync } from 'node:fs'
import { createHistogram, monitorEventLoopDelay, performance, type RecordableHistogram } from 'node:perf_hooks'
import { isMainThread } from 'node:worker_threads'
import type { LoopDelay } from './figures.ts'

/** ms between two looks at the clock. */
const TICK = 5

const file = process.env['MAILSTEAD_LOOP_DELAY']
if (file !== undefined && isMainThread) watch(file)

function watch(path: string): void {
  const node = monitorEventLoopDelay({ resolution: TICK })
  node.enable()
  const late = createHistogram()
  tick(late)
  const computed = computing()
  let begun = false
  const write = (): void => {
    // The time before the run begins does not count.
    if (!begun && existsSync(`${path}.begin`)) {
      begun = true
      late.reset()
      computed.most = 0
      node.reset()
      return
    }
    if (!begun || late.count === 0) return
    const memory = process.memoryUsage()
    const ms = (ns: number): number => Math.max(0, ns / 1e6)
    const line: LoopDelay = {
      p50: ms(late.percentile(50)),
      p99: ms(late.percentile(99)),
      max: ms(late.max),
      nodeP99: ms(node.percentile(99)) - TICK,
      computed: computed.most,
      heap: memory.heapUsed / 2 ** 20,
      outside: memory.external / 2 ** 20,
    }
    appendFileSync(path, `${JSON.stringify(line)}\n`)
  }
  setInterval(write, 1000).unref()
}

/** Counts from now on how late timers are (ns). */
export function tick(late: RecordableHistogram): void {
  const due = performance.now() + TICK
  setTimeout(() => {
    for (let by = performance.now() - due; ; by -= TICK) {
      late.record(Math.max(1, Math.round(by * 1e6)))
      if (by <= TICK) break
    }
    tick(late)
  }, TICK).unref()
}

/** The most that this thread computes (ms) between two of its timers; to be set to 0 where counting begins. */
function computing(): { most: number } {
  const count = { most: 0 }
  let before = process.threadCpuUsage()
  setInterval(() => {
    const { user, system } = process.threadCpuUsage(before)
    before = process.threadCpuUsage()
    count.most = Math.max(count.most, (user + system) / 1000)
  }, 1).unref()
  return count
}
