/**
 * Runs inside the writer thread, which imports it by its URL: counts the writes of acceptances, statement by
 * statement, and does at each what the rig wants done between two writes.
 */
import { copyFileSync, existsSync, mkdirSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { Faults } from '../../packages/sqlite/src/sql.ts'

export interface StepsParameter {
  /** Kill the process at this step, from 1. */
  readonly killAt?: number
  /** Copy the database in `from` to a folder of `to` for each step, named by its number: what a kill there would leave. */
  readonly copy?: { readonly from: string; readonly to: string }
  /** A fault to find: each recipient's copy gets a commit of its own. */
  readonly split?: boolean
  /** A fault to find: from the first commit on, commits are not synced. */
  readonly normal?: boolean
}

const STDOUT = 1
const COPIED = ['mail.db', 'mail.db-wal']

export function faults(parameter: unknown): Faults {
  const { killAt, copy, split, normal } = parameter as StepsParameter
  let steps = 0
  let database: Parameters<NonNullable<Faults['beforeMember']>>[0] | undefined
  let alone = false

  const step = (what: string): void => {
    steps++
    if (killAt === steps) {
      writeSync(STDOUT, `killed at step ${steps}, ${what}\n`)
      process.kill(process.pid, 'SIGKILL')
    }
    if (copy === undefined) return
    const to = join(copy.to, String(steps))
    mkdirSync(to)
    for (const file of COPIED) if (existsSync(join(copy.from, file))) copyFileSync(join(copy.from, file), join(to, file))
  }

  return {
    beforeMember(db, _position, members) {
      database = db
      alone = members === 1
      step('before a member of the group')
    },
    beforeWrite(sql) {
      if (split === true && sql.startsWith('INSERT INTO email'))
        database?.exec(alone ? 'COMMIT; BEGIN IMMEDIATE' : 'RELEASE member; COMMIT; BEGIN IMMEDIATE; SAVEPOINT member')
      step(`before ${sql.slice(0, 40).replaceAll(/\s+/g, ' ')}`)
    },
    beforeCommit: () => step('before COMMIT'),
    afterCommit() {
      if (normal === true) database?.pragma('synchronous = NORMAL')
      step('after COMMIT, before the answer')
    },
  }
}
