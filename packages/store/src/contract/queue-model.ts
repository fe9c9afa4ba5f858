import type { AccountId, AttemptId, QueueEntryId, QueueId } from '../ids.ts'
import type { Diagnosis } from '../diagnosis.ts'
import type { Lane, QueueAct, QueueListing } from '../queue.ts'
import { tellsOfFailure } from '../queue.ts'
import type { AttemptOutcome, ReportAction } from '../settlement.ts'

/** An entry as the obvious implementation keeps it. */
export interface ModelEntry {
  readonly id: QueueEntryId
  readonly queueId: QueueId
  readonly account: AccountId | undefined
  readonly mailFrom: string
  readonly priority: number
  queuedAt: number
  readonly original: string
  recipient: string
  domain: string
  dueAt: number
  held: boolean
  attempt: AttemptId | undefined
  attempts: number
  delayTold: boolean
  last: Diagnosis | undefined
}

export interface ModelReport {
  readonly queueId: QueueId
  readonly recipient: string
  readonly action: ReportAction
}

/** The outbound queue as a list that is looked through: what `QueueStore` must answer. */
export class QueueModel {
  entries: ModelEntry[] = []
  reports: ModelReport[] = []

  /** Lanes with something due, each with the time of its earliest entry. */
  due(now: number): Map<string, number> {
    const lanes = new Map<string, number>()
    for (const entry of this.#waiting()) {
      if (entry.dueAt <= now) lanes.set(laneKey(entry), Math.min(entry.dueAt, lanes.get(laneKey(entry)) ?? entry.dueAt))
    }
    return lanes
  }

  /** The earliest time at which a lane in which nothing is due has something due. */
  next(now: number): number | undefined {
    const due = this.due(now)
    const times = this.#waiting()
      .filter((entry) => !due.has(laneKey(entry)))
      .map(({ dueAt }) => dueAt)
    return times.length === 0 ? undefined : Math.min(...times)
  }

  /** What a claim of one lane takes, in its order. */
  claimable(lane: Lane, now: number, recipients: number): ModelEntry[] {
    return this.#waiting()
      .filter((entry) => laneKey(entry) === laneKey(lane) && entry.dueAt <= now)
      .sort((a, b) => b.priority - a.priority || a.dueAt - b.dueAt || a.id - b.id)
      .slice(0, recipients)
  }

  settle(id: QueueEntryId, attempt: AttemptId, outcome: AttemptOutcome): boolean {
    const entry = this.entries.find((one) => one.id === id)
    if (entry?.attempt !== attempt) return false
    entry.attempt = undefined
    if (outcome.kind === 'returned' || outcome.kind === 'deferred') entry.dueAt = outcome.until
    if (outcome.kind === 'returned') return true
    if (outcome.report !== undefined) this.#owe(entry, outcome.report)
    if (outcome.kind === 'deferred') {
      entry.attempts++
      entry.last = outcome.diagnosis
      entry.delayTold ||= outcome.report !== undefined
    } else this.#remove(entry)
    return true
  }

  /** Leases end with the process; what they were for is due. */
  restart(now: number): void {
    for (const entry of this.entries) {
      if (entry.attempt === undefined) continue
      entry.attempt = undefined
      entry.dueAt = Math.min(entry.dueAt, now)
    }
  }

  act(domain: string, act: QueueAct, now: number): number {
    const meant = this.entries.filter((entry) => entry.domain === domain && this.#applies(act, entry, now))
    for (const entry of meant) this.#do(act, entry, now)
    return meant.length
  }

  state(entry: ModelEntry, now: number): QueueListing['state'] {
    if (entry.attempt !== undefined && entry.dueAt > now) return 'active'
    if (entry.held) return 'held'
    return entry.queuedAt > now ? 'scheduled' : 'waiting'
  }

  #applies(act: QueueAct, entry: ModelEntry, now: number): boolean {
    if (act.kind === 'hold') return !entry.held
    const state = this.state(entry, now)
    if (act.kind === 'release') return entry.held || (act.early === true && state === 'scheduled')
    return state === 'waiting' || (state !== 'active' && act.kind !== 'retry')
  }

  #do(act: QueueAct, entry: ModelEntry, now: number): void {
    if (act.kind === 'release' && act.early === true && this.state(entry, now) !== 'active')
      Object.assign(entry, { queuedAt: Math.min(entry.queuedAt, now), dueAt: Math.min(entry.dueAt, now), attempt: undefined })
    if (act.kind === 'hold' || act.kind === 'release') {
      entry.held = act.kind === 'hold'
      return
    }
    entry.attempt = undefined
    if (act.kind === 'retry') entry.dueAt = Math.min(entry.dueAt, now)
    else if (act.kind === 'redirect')
      Object.assign(entry, { recipient: act.recipient, domain: act.domain, dueAt: Math.max(now, entry.queuedAt), attempts: 0 })
    else {
      if (act.kind === 'bounce' && tellsOfFailure(entry.mailFrom, {})) this.#owe(entry, 'failed')
      this.#remove(entry)
    }
  }

  #owe({ queueId, original }: ModelEntry, action: ReportAction): void {
    this.reports.push({ queueId, recipient: original, action })
  }

  #remove(entry: ModelEntry): void {
    this.entries = this.entries.filter((one) => one !== entry)
  }

  #waiting(): ModelEntry[] {
    return this.entries.filter(({ held }) => !held)
  }
}

export function laneKey({ account, domain }: Lane): string {
  return `${account ?? 'nobody'} ${domain}`
}
