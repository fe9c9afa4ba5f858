import type { AccountChange, AccountId } from '@mailstead/store'
import { BUSY_MS, connect, setSynchronous, type Connection } from '../connection.ts'
import { giveBack } from '../give-back.ts'
import { WAL_RESTART_WAIT_MS } from '../limits.ts'
import { toWire, type Answer, type Call, type Report, type WireChange } from '../rpc.ts'
import { Sql, type Faults } from '../sql.ts'
import type { Act } from './act.ts'
import type { AccountUse } from './counters.ts'
import { Ids } from './ids.ts'
import { writerOps } from './ops.ts'

type AnyOp = (act: Act, ...args: unknown[]) => unknown

interface Member {
  readonly call: Call
  readonly act: Act
  answer: Answer | undefined
}

/**
 * Acts on octets that are still arriving. A group of nothing else is committed without waiting for the disk: nobody was
 * answered for them yet, the commit that accepts the message syncs the WAL with all that stands before it, and what a
 * power cut leaves is swept at the next start.
 */
const STAGING: ReadonlySet<string> = new Set(['writeChunk', 'discardBlob'])

/** Acts whose changes tell everything they do to mailboxes; what is not named here may do more. */
const TELLING: ReadonlySet<string> = new Set([
  ...STAGING,
  'accept',
  'actOnQueue',
  'append',
  'changeFlags',
  'claimQueued',
  'claimRecent',
  'copy',
  'createMailbox',
  'deleteMailbox',
  'enterSuppression',
  'expunge',
  'forgetSuppressions',
  'forgiveReports',
  'move',
  'noteLogins',
  'noteRendered',
  'removeSuppression',
  'renameMailbox',
  'renewQueued',
  'replace',
  'rerender',
  'settleQueued',
  'subscribe',
  'unsubscribe',
  'vacuum',
])

/** Acts that leave domains, accounts and their addresses as they are; what is not named here may change them. */
const ELSEWHERE: ReadonlySet<string> = new Set([
  ...TELLING,
  'allowGreylist',
  'countTls',
  'forgetGone',
  'forgetGreylist',
  'forgetStsPolicies',
  'forgetTlsDays',
  'forgetTlsReports',
  'freeRemoved',
  'keepStsPolicy',
  'noteGreylist',
  'noteStsPolicy',
  'postponeTlsReport',
  'purgeExpunged',
  'receiveTlsReport',
  'setMetadata',
  'settleTlsReport',
])

/** SQLite rolled the whole transaction back under a member: nothing of the group is left. */
class GroupLost extends Error {}

/** Where transactions begin and end: prepared once, for a commit has them all. */
function controlOf(db: Connection) {
  return {
    begin: db.prepare('BEGIN IMMEDIATE'),
    commit: db.prepare('COMMIT'),
    rollback: db.prepare('ROLLBACK'),
    save: db.prepare('SAVEPOINT member'),
    release: db.prepare('RELEASE member'),
    undo: db.prepare('ROLLBACK TO member'),
  }
}

/**
 * Runs calls as commit groups on the one connection that writes.
 *
 * RULES: a savepoint isolates each member; one that is alone is rolled back with its group, for a savepoint makes SQLite copy
 * each page that is changed. SQLITE_FULL or an I/O error inside a member can make SQLite roll back the whole transaction;
 * later statements would then commit alone. So after any error the group looks whether its transaction still stands, and if
 * not runs its members one at a time.
 */
export class GroupCommitter {
  readonly #path: string
  readonly #faults: Faults | undefined
  #db: Connection
  #ops: Readonly<Record<string, AnyOp>>
  #control: ReturnType<typeof controlOf>
  #lazy: Call[] = []
  /** Of the group at hand, as far as nothing of it was rolled back since. */
  readonly #used: AccountUse = new Map()
  /** Of the connection. */
  #ids: Ids | undefined
  /** Whether commits wait for the disk, as those of a new connection do. */
  #syncing = true

  constructor(path: string, faults?: Faults) {
    this.#path = path
    this.#faults = faults
    this.#db = connect(path, 'writer')
    this.#ops = this.#prepare()
    this.#control = controlOf(this.#db)
  }

  /** Keeps a call nobody waits for until the next commit. */
  postpone(call: Call): void {
    this.#lazy.push(call)
  }

  /** Commits `calls` together. Never throws: what goes wrong is in the answers. */
  run(calls: readonly Call[]): Report {
    const members = [...this.#lazy, ...calls].map(newMember)
    this.#lazy = []
    this.#used.clear()
    if (members.length === 0) return report(members, this.#used)
    const began = performance.now()
    try {
      if (!this.#db.open) this.#reopen()
      try {
        this.#commit(members)
      } catch (error) {
        if (!(error instanceof GroupLost)) throw error
        for (const member of members) {
          forget(member)
          this.#alone(member)
        }
      }
    } catch (error) {
      // The commit, or its fsync, failed: what is on disk is unknown to this connection, so it starts afresh.
      for (const member of members) refuse(member, error)
      this.#close()
    }
    return { ...report(members, this.#used), ms: performance.now() - began }
  }

  /**
   * Empties the WAL into the database, between groups; its file stays as it is, or shrinks to nothing. A reader that is not done
   * soon puts it off to the next time.
   */
  restartWal(shrink: boolean): void {
    if (!this.#db.open) return
    try {
      this.#db.pragma(`busy_timeout = ${WAL_RESTART_WAIT_MS}`)
      this.#db.pragma(`wal_checkpoint(${shrink ? 'TRUNCATE' : 'RESTART'})`)
      this.#db.pragma(`busy_timeout = ${BUSY_MS}`)
    } catch {
      // The disk's trouble is told to the next caller whose commit meets it, on a connection of its own.
      this.#close()
    }
  }

  /** Memory that is no longer needed, between groups. */
  giveBack(): void {
    giveBack(this.#db.open ? [this.#db] : [])
  }

  /** Writes what was postponed. */
  close(): Report {
    const last = this.run([])
    this.#close()
    return last
  }

  #commit(members: readonly Member[]): void {
    const db = this.#db
    this.#syncs(!members.every(({ call }) => STAGING.has(call.op)))
    this.#control.begin.run()
    try {
      for (const [position, member] of members.entries()) this.#run(member, position, members.length)
      if (members.length === 1 && isRefused(members[0])) {
        this.#control.rollback.run()
        return
      }
      this.#faults?.beforeCommit?.(db)
      this.#control.commit.run()
    } catch (error) {
      this.#undone()
      if (db.inTransaction) this.#control.rollback.run()
      throw error
    }
    this.#faults?.afterCommit?.()
  }

  #syncs(wanted: boolean): void {
    if (wanted === this.#syncing) return
    setSynchronous(this.#db, wanted ? 'FULL' : 'NORMAL')
    this.#syncing = wanted
  }

  /** A member in a group of its own, after the group it was in was lost. What it meets is its own alone. */
  #alone(member: Member): void {
    const again = newMember(member.call)
    try {
      if (!this.#db.open) this.#reopen()
      this.#commit([again])
      member.act.changes.push(...again.act.changes)
      member.act.accountChanges.push(...again.act.accountChanges)
      member.act.seen.push(...again.act.seen)
      member.act.queue = again.act.queue
      member.act.suppressions = again.act.suppressions
      member.answer = again.answer
    } catch (error) {
      refuse(member, error instanceof GroupLost ? error.cause : error)
      if (!(error instanceof GroupLost)) this.#close()
    }
  }

  #run(member: Member, position: number, members: number): void {
    const { call, act } = member
    const db = this.#db
    const { save, release, undo } = this.#control
    const alone = members === 1
    if (!alone) save.run()
    try {
      this.#faults?.beforeMember?.(db, position, members)
      const op = this.#ops[call.op]
      if (op === undefined) throw new Error(`The writer knows no ${call.op}`)
      const value = op(act, ...call.args)
      if (!alone) release.run()
      member.answer = { id: call.id, value }
    } catch (error) {
      this.#undone()
      if (!db.inTransaction) {
        throw new GroupLost('SQLite rolled the group back', { cause: error })
      }
      if (!alone) {
        undo.run()
        release.run()
      }
      refuse(member, error)
    }
  }

  /** Of what was rolled back nothing may be remembered. */
  #undone(): void {
    this.#used.clear()
    this.#ids?.forget()
  }

  #prepare(): Readonly<Record<string, AnyOp>> {
    const sql = new Sql(this.#db, this.#faults)
    this.#ids = new Ids(sql)
    return writerOps(sql, this.#used, this.#ids) as unknown as Record<string, AnyOp>
  }

  #close(): void {
    try {
      this.#db.close()
    } catch {
      // A connection that cannot even close is given up; the next one recovers from the WAL.
    }
  }

  #reopen(): void {
    this.#db = connect(this.#path, 'writer')
    this.#syncing = true
    this.#ops = this.#prepare()
    this.#control = controlOf(this.#db)
  }
}

function newMember(call: Call): Member {
  return { call, act: { now: call.now, changes: [], accountChanges: [], seen: [], queue: false, suppressions: false }, answer: undefined }
}

function forget(member: Member): void {
  member.act.changes.length = 0
  member.act.accountChanges.length = 0
  member.act.seen.length = 0
  member.act.queue = false
  member.act.suppressions = false
  member.answer = undefined
}

function refuse(member: Member, error: unknown): void {
  forget(member)
  member.answer = { id: member.call.id, error: toWire(error) }
}

function isRefused(member: Member | undefined): boolean {
  return member?.answer !== undefined && 'error' in member.answer
}

/** Of a member whose commit failed nobody knows whether it is on disk. */
function isKnown({ answer }: Member): boolean {
  return !(answer !== undefined && 'error' in answer && answer.error.cause !== undefined)
}

function report(members: readonly Member[], use: AccountUse): Report {
  const changes: WireChange[] = []
  const accountChanges: AccountChange[] = []
  const seen: AccountId[] = []
  const answers: Answer[] = []
  const beyond = !members.every((member) => TELLING.has(member.call.op) && isKnown(member))
  const directory = !members.every((member) => ELSEWHERE.has(member.call.op) && isKnown(member))
  const used = Array.from(use, ([account, held]) => [account as AccountId, ...held] as const)
  const queue = members.some(({ act }) => act.queue)
  const suppressions = members.some(({ act }) => act.suppressions)
  for (const { act, answer } of members) {
    changes.push(...act.changes)
    accountChanges.push(...act.accountChanges)
    seen.push(...act.seen)
    if (answer !== undefined) answers.push(answer)
  }
  return { kind: 'report', answers, changes, accountChanges, beyond, directory, used, seen, queue, suppressions }
}
