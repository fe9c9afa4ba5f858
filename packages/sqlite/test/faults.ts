/**
 * Runs inside the writer thread, which imports it by its URL. `control` is shared with the test: what to break is
 * decided there, call by call.
 */
import type { Faults } from '../src/sql.ts'

/** Places in the shared array. */
export const HOLD = 0
export const FAULT = 1
export const POSITION = 2
export const PERSIST = 3
/** 1 while the writer waits for HOLD to end. */
export const HELD = 4
const PLACES = 8

/** What breaks. `full` is SQLite's own; for an I/O error SQLite's rollback is done in its stead. */
export const NONE = 0
export const FULL = 1
export const IO_ERROR = 2
export const BUG = 3
export const COMMIT_FAILS = 4
/** The thread ends in the middle of the group. */
export const DEATH = 5

export type Control = Int32Array<SharedArrayBuffer>

export function newControl(): Control {
  return new Int32Array(new SharedArrayBuffer(PLACES * Int32Array.BYTES_PER_ELEMENT))
}

const NO_LIMIT = 1_073_741_823

export function faults(parameter: unknown): Faults {
  const control = parameter as Control
  /** Members run again one at a time since the fault. */
  let alone = -1
  return {
    beforeMember(db, position, members) {
      // The test holds the writer inside one group while it posts the calls of the next.
      while (Atomics.load(control, HOLD) === 1) {
        Atomics.store(control, HELD, 1)
        Atomics.wait(control, HOLD, 1)
      }
      db.pragma(`max_page_count = ${NO_LIMIT}`)
      const fault = Atomics.load(control, FAULT)
      const target = Atomics.load(control, POSITION)
      if (fault === NONE || fault === COMMIT_FAILS) {
        alone = -1
        return
      }
      const again = members === 1 && alone >= 0
      const hit = again ? alone++ === target && Atomics.load(control, PERSIST) === 1 : members > 1 && position === target
      if (!hit) return
      if (!again) alone = 0
      if (fault === DEATH) process.exit(1)
      if (fault === FULL) db.pragma(`max_page_count = ${String(db.pragma('page_count', { simple: true }))}`)
      else if (fault === IO_ERROR) {
        db.exec('ROLLBACK')
        throw Object.assign(new Error('disk I/O error'), { code: 'SQLITE_IOERR_WRITE' })
      } else throw new TypeError('a planted fault')
    },
    beforeCommit() {
      if (Atomics.load(control, FAULT) === COMMIT_FAILS) throw Object.assign(new Error('disk I/O error'), { code: 'SQLITE_IOERR_FSYNC' })
    },
  }
}
