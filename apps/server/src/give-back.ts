import { openCollector, type Clock, type Timer } from '@mailstead/base'
import { REST_CPU, REST_LOOK, REST_LOOKS, START_OVER, WORK_DONE } from './limits.ts'

/**
 * Gives the memory back that the start has left, some 20 MiB: V8 comes to it within a minute, but by and by. It takes some 40 ms at a stretch, so it is left
 * to V8 where somebody would wait (`isQuiet`).
 */
export function giveBackAfterStart(isQuiet: () => boolean, clock: Clock, open = openCollector): Timer {
  return clock.after(START_OVER, () => {
    // Other flavors keep the room for the next objects.
    if (isQuiet()) open()({ type: 'major', execution: 'sync', flavor: 'last-resort' })
  })
}

export interface Rest {
  /** Threads, and what malloc keeps. */
  readonly store: { giveBack(): void }
  readonly clock: Clock
  /** ms of processor time that all threads have taken. */
  readonly cpu?: () => number
  readonly open?: typeof openCollector
}

/**
 * Gives memory back whenever the server has come to rest after work: garbage, which V8 comes to by and by, and free memory, which malloc keeps for good. Idling
 * sessions are rest. Of this thread's garbage it is that of the youngest objects, 2 ms: all of it is hardly more, and holds the event loop for 200 with 2,000 sessions.
 */
export function giveBackAtRest({ store, clock, cpu = processorTime, open = openCollector }: Rest): Timer {
  let given = 0
  let before = cpu()
  let quiet = 0
  let timer = clock.after(REST_LOOK, look)
  function look(): void {
    const now = cpu()
    quiet = now - before <= REST_CPU ? quiet + 1 : 0
    before = now
    if (quiet >= REST_LOOKS && now - given >= WORK_DONE) {
      open()({ type: 'minor' })
      store.giveBack()
      given = now
    }
    timer = clock.after(REST_LOOK, look)
  }
  return { cancel: () => timer.cancel() }
}

function processorTime(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}
