import type { EpochMs } from '@mailstead/base'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** How long a destination is tried, in ms. */
export interface Schedule {
  /** From the first attempt to the second; each further wait is twice the one before. */
  readonly first: number
  /** No wait is longer. */
  readonly longest: number
  /** After so long mail is given up (RFC 5321 section 4.5.4.1: at least 4 to 5 days). */
  readonly lifetime: number
  /** The same for mail with the null sender, of whose failure nobody hears. */
  readonly nullLifetime: number
  /** After so long the sender hears that it takes longer. */
  readonly delayNotice: number
}

export const DEFAULT_SCHEDULE: Schedule = {
  first: 5 * MINUTE,
  longest: 4 * HOUR,
  lifetime: 5 * DAY,
  nullLifetime: 2 * DAY,
  delayNotice: 4 * HOUR,
}

/** Waits differ by so much of themselves: what failed together is not tried together again. */
const JITTER = 0.2

/** When mail that may leave since `queuedAt` is given up. */
export function expiresAt(queuedAt: EpochMs, mailFrom: string, schedule: Schedule): EpochMs {
  return queuedAt + (mailFrom === '' ? schedule.nullLifetime : schedule.lifetime)
}

/**
 * When to try again after an attempt that ended at `now`, `attempts` others before it; `undefined` when it was the last. The last one is made when
 * the time is over, at `expires`. `random`: 0 ≤ x < 1.
 */
export function nextAttempt(
  attempts: number,
  now: EpochMs,
  expires: EpochMs,
  { first, longest }: Schedule,
  random: number,
): EpochMs | undefined {
  if (now >= expires) return undefined
  const wait = Math.min(first * 2 ** attempts, longest)
  return Math.min(expires, Math.round(now + wait * (1 + JITTER * (2 * random - 1))))
}

/** Which schedule a domain has: its own, that of the nearest domain above it that names it by `*.`, or the one for all. */
export class Schedules {
  readonly #all: Schedule
  readonly #own: ReadonlyMap<string, Schedule>

  /** `own`: by domain, lower case and A-labels, or by `*.` and a domain; what is not given is as in `all`. */
  constructor(all: Partial<Schedule> = {}, own: Readonly<Record<string, Partial<Schedule>>> = {}) {
    this.#all = { ...DEFAULT_SCHEDULE, ...all }
    this.#own = new Map(Object.entries(own).map(([domain, schedule]) => [domain, { ...this.#all, ...schedule }]))
  }

  of(domain: string): Schedule {
    const own = this.#own.get(domain)
    if (own !== undefined) return own
    for (let dot = domain.indexOf('.'); dot !== -1; dot = domain.indexOf('.', dot + 1)) {
      const above = this.#own.get(`*${domain.slice(dot)}`)
      if (above !== undefined) return above
    }
    return this.#all
  }
}
