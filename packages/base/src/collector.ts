import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** The young objects only (some ms), or all (some tens of ms), at once; `last-resort` takes several times as long, and keeps no room for the next ones. */
export type Collection =
  { readonly type: 'minor' } | { readonly type: 'major'; readonly execution: 'sync'; readonly flavor?: 'last-resort' }

type Collector = (collection: Collection) => void

/**
 * V8's collector of garbage, of this thread, which it shows to contexts only that are made while a flag is set. Code is cached for the flags it was compiled with, Node's
 * own too: the flag in the arguments of the process would have all of that compiled anew, so it is set for this moment alone.
 */
export function openCollector(): Collector {
  for (;;) {
    setFlagsFromString('--expose-gc')
    try {
      const collector = runInNewContext('globalThis.gc') as Collector | undefined
      // Another thread has unset it meanwhile.
      if (collector === undefined) continue
      return collector
    } finally {
      setFlagsFromString('--no-expose-gc')
    }
  }
}
