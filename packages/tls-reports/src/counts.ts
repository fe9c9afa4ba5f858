import { createHash } from 'node:crypto'
import type { Clock, EpochMs, Logger, Timer } from '@mailstead/base'
import type { TlsDayCounts, TlsFailures, TlsPolicyFacts, TlsReports } from '@mailstead/store'
import { DAY, FIRST_DUE, MAX_COUNTED, SPREAD, WRITE_INTERVAL } from './limits.ts'

/** How TLS went with a server of a domain. What is not known is empty. */
export interface TlsSession {
  readonly at: EpochMs
  /** Of the recipients. */
  readonly domain: string
  /** Absent: nobody is told. */
  readonly policy?: TlsPolicyFacts
  readonly host: string
  readonly address: string
  readonly source: string
  /** `success`, or a result type of RFC 8460 section 4.3. */
  readonly result: string
  readonly detail: string
}

export interface CountsOptions {
  readonly reports: Pick<TlsReports, 'count'>
  readonly clock: Clock
  readonly log: Logger
}

interface Counted {
  readonly session: TlsSession
  sessions: number
}

/** Counts sessions in memory and writes the sums now and then: a crash loses those of the last minute. */
export class TlsCounts {
  readonly #options: CountsOptions
  #counted = new Map<string, Counted>()
  #timer: Timer | undefined
  #writing: Promise<void> = Promise.resolve()
  #dropped = 0

  constructor(options: CountsOptions) {
    this.#options = options
  }

  add(session: TlsSession): void {
    const { at, domain, policy, result, host, address, source, detail } = session
    if (policy === undefined) return
    const failure = result === 'success' ? [] : [host, address, source, detail]
    const key = [Math.floor(at / DAY), domain, policy.type, policy.domain, policy.lines.join('\n'), result, ...failure].join('\0')
    const known = this.#counted.get(key)
    if (known !== undefined) known.sessions++
    else if (this.#counted.size < MAX_COUNTED) this.#counted.set(key, { session, sessions: 1 })
    else this.#dropped++
    this.#timer ??= this.#options.clock.after(WRITE_INTERVAL, () => void this.write())
  }

  /** Never rejects: what cannot be written is lost, and the log says so. */
  async write(): Promise<void> {
    this.#timer?.cancel()
    this.#timer = undefined
    const counted = [...this.#counted.values()]
    this.#counted = new Map()
    if (this.#dropped > 0) this.#options.log.warn('TLS sessions were not counted, there are too many kinds', { sessions: this.#dropped })
    this.#dropped = 0
    if (counted.length > 0) this.#writing = this.#writing.then(() => this.#write(counted))
    await this.#writing
  }

  async #write(counted: readonly Counted[]): Promise<void> {
    try {
      await this.#options.reports.count(byDay(counted))
    } catch (error) {
      this.#options.log.error('TLS sessions were not counted', { err: error })
    }
  }
}

interface Sums {
  readonly policy: TlsPolicyFacts
  succeeded: number
  failed: number
  readonly failures: TlsFailures[]
}

interface DaySums {
  readonly day: number
  readonly domain: string
  readonly policies: Map<string, Sums>
}

function byDay(counted: readonly Counted[]): TlsDayCounts[] {
  const days = new Map<string, DaySums>()
  for (const { session, sessions } of counted) {
    const { at, domain, policy, result, host, address, source, detail: reason } = session
    if (policy === undefined) continue
    const day = Math.floor(at / DAY)
    const { policies } = entry(days, `${day} ${domain}`, () => ({ day, domain, policies: new Map<string, Sums>() }))
    const key = [policy.type, policy.domain, ...policy.lines].join('\n')
    const sums = entry(policies, key, () => ({ policy, succeeded: 0, failed: 0, failures: [] }))
    if (result === 'success') sums.succeeded += sessions
    else {
      sums.failed += sessions
      sums.failures.push({ result, host, address, source, reason, sessions })
    }
  }
  return [...days.values()].map(({ day, domain, policies }) => ({
    day,
    domain,
    dueAt: dueAt(day, domain),
    policies: [...policies.values()],
  }))
}

function entry<T>(map: Map<string, T>, key: string, make: () => T): T {
  const known = map.get(key)
  if (known !== undefined) return known
  const made = make()
  map.set(key, made)
  return made
}

/** A time of its own for each domain and day (RFC 8460 section 4.1). */
function dueAt(day: number, domain: string): EpochMs {
  const spread = createHash('sha256').update(`${day} ${domain}`).digest().readUInt32BE(0) % SPREAD
  return (day + 1) * DAY + FIRST_DUE + spread
}
