import Database from 'better-sqlite3'
import { openCollector } from '@mailstead/base'
import type { Connection } from './connection.ts'

/** What a thread has left of its work: garbage, and pages of `connections`, which are read from the system's cache again. Some 40 ms; not inside a transaction. */
export function giveBack(connections: readonly Connection[]): void {
  for (const db of connections) db.pragma('shrink_memory')
  const collect = openCollector()
  // Only this one gives the room of the youngest objects back.
  collect({ type: 'minor' })
  collect({ type: 'major', execution: 'sync' })
}

/** As it is; its declarations leave the second argument out. */
interface LoadsExtensions {
  loadExtension(path: string, begin?: string): unknown
}

/**
 * Has malloc give what is free to the kernel, for the whole process: a ms for each MB, in which threads that want memory may wait. Of itself glibc does so only at the
 * end of its heap, and argon2 alone leaves 19 MiB for each thread that ran it. Node has no way to call its `malloc_trim`, but SQLite calls any function that it is
 * told begins an extension. The argument is a pointer then; `malloc_trim` takes it for the octets to leave at the end of the heap, so that those stay.
 */
export function trimHeap(): void {
  const db = new Database(':memory:')
  try {
    const loading: LoadsExtensions = db
    loading.loadExtension('libc.so.6', 'malloc_trim')
  } catch {
    // Success is an error to SQLite. Other C libraries have no such function.
  } finally {
    db.close()
  }
}
