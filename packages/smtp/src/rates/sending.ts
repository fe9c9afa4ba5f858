import { type Clock, type Counted, type Logger, SlidingCounts } from '@mailstead/base'
import { ALERT_FACTOR, MAX_COUNTED_ACCOUNTS } from '../limits.ts'

export interface SendingLimits {
  /** Recipients of one account within an hour, and within a day; 0: as many as it likes. */
  readonly hour: number
  readonly day: number
  /** Recipients within an hour that the log warns of, when they are many for the account; 0: never. */
  readonly alert: number
  /** Addresses of accounts that are counted, but not limited, in lower case. */
  readonly exempt: ReadonlySet<string>
}

/** An account that suddenly sends a lot. */
export interface SendingAlert {
  readonly account: number
  readonly address: string
  readonly recipientsInHour: number
  readonly recipientsInDay: number
}

export interface SendingOptions extends SendingLimits {
  /** Called for each alert, at most once an hour for an account; the log has it already. */
  readonly alarm?: (alert: SendingAlert) => void
  readonly clock: Clock
  readonly log: Logger
}

interface Sender {
  readonly account: number
  readonly address: string
}

const HOUR = 3_600_000
const DAY = 24 * HOUR

/** How much each account sends, counted in recipients, over all listeners that share it. */
export class SendingCounts {
  readonly #options: SendingOptions
  readonly #hours: SlidingCounts
  readonly #days: SlidingCounts
  /** By account: when it may be warned of again. */
  readonly #warned = new Map<number, number>()

  constructor(options: SendingOptions) {
    this.#options = options
    const { clock } = options
    this.#hours = new SlidingCounts({ clock, window: HOUR, maxKeys: MAX_COUNTED_ACCOUNTS })
    this.#days = new SlidingCounts({ clock, window: DAY, maxKeys: MAX_COUNTED_ACCOUNTS })
  }

  /** One recipient more, to be given back when the message does not go; `undefined`: that would be too many. */
  take(sender: Sender, session: string): Counted | undefined {
    const key = `${sender.account}`
    const [hour, day] = [this.#hours.count(key), this.#days.count(key)]
    const excess = this.#excess(sender.address, hour, day)
    if (excess !== undefined) {
      this.#options.log.warn('account sends too much', { session, ...sender, ...excess })
      return undefined
    }
    this.#watch(sender, hour + 1, day + 1)
    const counted = [this.#hours.add(key), this.#days.add(key)]
    return { giveBack: () => counted.forEach((each) => each.giveBack()) }
  }

  #excess(address: string, hour: number, day: number): { readonly limit: string; readonly recipients: number } | undefined {
    const { hour: perHour, day: perDay, exempt } = this.#options
    if (exempt.has(address.toLowerCase())) return undefined
    if (perHour > 0 && hour >= perHour) return { limit: 'sending.hour', recipients: hour }
    return perDay > 0 && day >= perDay ? { limit: 'sending.day', recipients: day } : undefined
  }

  /** A stolen password shows so first: an account sends much, and much more than it did in the day before. */
  #watch(sender: Sender, hour: number, day: number): void {
    const { alert, clock, log, alarm } = this.#options
    const usual = (day - hour) / 23
    if (alert === 0 || hour < alert || hour < usual * ALERT_FACTOR) return
    const now = clock.now()
    if ((this.#warned.get(sender.account) ?? 0) > now) return
    for (const [account, until] of this.#warned) if (until <= now) this.#warned.delete(account)
    this.#warned.set(sender.account, now + HOUR)
    const told: SendingAlert = { ...sender, recipientsInHour: hour, recipientsInDay: day }
    log.warn('account suddenly sends a lot', told)
    alarm?.(told)
  }
}
