import { openCollector, type Clock, type Timer } from '@mailstead/base'
import { START_OVER } from './limits.ts'

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
