import type { Clock, EpochMs, Timer } from '@mailstead/base'
import type { Directory } from '../directory.ts'
import type { Greylist } from '../greylist.ts'
import type { Intake } from '../intake.ts'
import type { MailStores } from '../mail-store.ts'
import type { Maintenance } from '../maintenance.ts'
import type { QueueStore } from '../queue.ts'
import type { StsPolicies } from '../sts-policies.ts'
import type { TlsReports } from '../tls-reports.ts'
import type { Suppressions } from '../suppressions.ts'

/** An implementation of the boundaries, opened on an empty place of its own. */
export interface Backend {
  readonly stores: MailStores
  readonly intake: Intake
  readonly directory: Directory
  readonly greylist: Greylist
  readonly stsPolicies: StsPolicies
  readonly tlsReports: TlsReports
  readonly maintenance: Maintenance
  readonly queue: QueueStore
  readonly suppressions: Suppressions
  close(): Promise<void>
  /** What the implementation's own checker finds wrong, in words. Called between acts. */
  check(): Promise<readonly string[]>
  /** Ends this one as a process that ends, and opens the same place again. */
  reopen(): Promise<Backend>
  /** Removes what was made for the test; after `close`. */
  dispose(): Promise<void>
}

export type OpenBackend = (clock: Clock) => Promise<Backend>

/** Time that stands still unless a test moves it; timers never fire. */
export class StandingClock implements Clock {
  #now: EpochMs

  constructor(now: EpochMs = Date.UTC(2026, 0, 2, 3, 4, 5)) {
    this.#now = now
  }

  now(): EpochMs {
    return this.#now
  }

  advance(ms: number): void {
    this.#now += ms
  }

  after(): Timer {
    return { cancel() {} }
  }
}
