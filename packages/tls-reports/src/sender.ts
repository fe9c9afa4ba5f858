import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { Clock, Logger, Timer } from '@mailstead/base'
import { isRefused, reduceOutcomes, type Delivery } from '@mailstead/delivery'
import type { Resolver } from '@mailstead/resolver'
import type { Blobs, DueTlsReport, TlsReports } from '@mailstead/store'
import { formatAddress, type SmtpAddress } from '@mailstead/wire'
import { writeLetter } from './letter.ts'
import { DAY, DUE_AT_ONCE, FIRST_RETRY, LIFETIME, LONGEST_RETRY, LONGEST_SLEEP, TROUBLE_RETRY } from './limits.ts'
import { postReport, type PostOptions } from './post.ts'
import { readRecord, type ReportTarget } from './record.ts'
import { writeReport, type ReportAuthor, type WrittenReport } from './report.ts'

export interface TlsReporterOptions {
  readonly reports: Pick<TlsReports, 'due' | 'counted' | 'postpone' | 'settle'>
  readonly resolver: Resolver
  readonly delivery: Delivery
  readonly blobs: Pick<Blobs, 'stage'>
  /** Asked for each report: domains come and go. */
  readonly author: () => Promise<ReportAuthor>
  /** Which addresses reports may be posted to; see `PostOptions`. */
  readonly mayReach?: PostOptions['mayReach']
  readonly clock: Clock
  readonly log: Logger
}

export interface TlsReporter {
  /** Looks for due reports now; resolves when there are none. */
  wake(): Promise<void>
  /** Gives up what is under way; it is made again. */
  stop(): Promise<void>
}

/** Tells domains that want it how TLS went with their servers, once a day each (RFC 8460). */
export function startTlsReporter(options: TlsReporterOptions): TlsReporter {
  const reporter = new DailyReporter(options)
  void reporter.wake()
  return reporter
}

const pack = promisify(gzip)

class DailyReporter implements TlsReporter {
  readonly #options: TlsReporterOptions
  readonly #abort = new AbortController()
  /** Rejects: who stops does not wait for servers of others. */
  readonly #stopped = new Promise<never>((_, reject) => {
    this.#abort.signal.addEventListener('abort', () => reject(new Error('The server is shutting down')))
  })
  #running: Promise<void> | undefined
  #timer: Timer | undefined

  constructor(options: TlsReporterOptions) {
    this.#options = options
    this.#stopped.catch(() => {})
  }

  wake(): Promise<void> {
    this.#timer?.cancel()
    this.#running ??= this.#run().finally(() => (this.#running = undefined))
    return this.#running
  }

  async stop(): Promise<void> {
    this.#abort.abort()
    this.#timer?.cancel()
    await this.#running
  }

  async #run(): Promise<void> {
    const { clock, log } = this.#options
    let sleep = LONGEST_SLEEP
    try {
      const next = await this.#round()
      if (next !== undefined) sleep = Math.min(sleep, Math.max(0, next - clock.now()))
    } catch (error) {
      log.error('TLS reports were not looked after', { err: error })
      sleep = TROUBLE_RETRY
    }
    if (!this.#abort.signal.aborted) this.#timer = clock.after(sleep, () => void this.wake())
  }

  /** One after the other, each once; resolves to when there is one again. */
  async #round(): Promise<number | undefined> {
    const { reports, clock } = this.#options
    const done = new Set<string>()
    while (!this.#abort.signal.aborted) {
      const { due, next } = await reports.due(clock.now(), DUE_AT_ONCE)
      const fresh = due.filter(({ day, domain }) => !done.has(`${day} ${domain}`))
      if (due.length === 0) return next
      // What is still due behind its turn must not be told of again and again.
      if (fresh.length === 0) return clock.now() + TROUBLE_RETRY
      for (const day of fresh) {
        if (this.#abort.signal.aborted) break
        done.add(`${day.day} ${day.domain}`)
        await this.#attempt(day)
      }
    }
    return undefined
  }

  async #attempt(day: DueTlsReport): Promise<void> {
    try {
      await this.#make(day)
    } catch (error) {
      if (this.#abort.signal.aborted) return
      this.#options.log.warn('TLS report was not made', { domain: day.domain, err: error })
      await this.#later(day)
    }
  }

  async #make(day: DueTlsReport): Promise<void> {
    const { reports, resolver, clock, log, author } = this.#options
    if (clock.now() > (day.day + 1) * DAY + LIFETIME) {
      log.info('TLS report given up', { domain: day.domain, attempts: day.attempts })
      return reports.settle(day)
    }
    const answer = await Promise.race([resolver.look('TXT', `_smtp._tls.${day.domain}`), this.#stopped])
    if (answer.kind === 'failed') return this.#later(day)
    const targets = answer.kind === 'records' ? readRecord(answer.records) : undefined
    const counted = targets === undefined || targets.length === 0 ? [] : await reports.counted(day)
    if (targets === undefined || counted.length === 0) return reports.settle(day)
    const by = await author()
    const report = writeReport(day, counted, by)
    const packed = await pack(report.text)
    for (const target of targets) if (await this.#send(target, day, report, by, packed)) return
    await this.#later(day)
  }

  /** True: the day is settled. */
  async #send(target: ReportTarget, day: DueTlsReport, report: WrittenReport, by: ReportAuthor, packed: Buffer): Promise<boolean> {
    const { reports, log, clock, resolver, mayReach } = this.#options
    const to = target.kind === 'mail' ? formatAddress(target.address) : target.url.href
    try {
      if (target.kind === 'mail') await this.#mail(target.address, day, report, by, packed)
      else {
        const { signal } = this.#abort
        const posted = postReport(target.url, packed, { resolver, clock, signal, ...(mayReach === undefined ? {} : { mayReach }) })
        await Promise.race([posted, this.#stopped])
        await reports.settle(day)
      }
      log.info('TLS report sent', { domain: day.domain, to, report: report.id })
      return true
    } catch (error) {
      if (this.#abort.signal.aborted) throw error
      log.info('TLS report not taken', { domain: day.domain, to, error: error instanceof Error ? error.message : String(error) })
      return false
    }
  }

  /** From nobody, so that nobody hears of a report that fails. */
  async #mail(address: SmtpAddress, day: DueTlsReport, report: WrittenReport, by: ReportAuthor, packed: Buffer): Promise<void> {
    const { delivery, blobs, clock } = this.#options
    const now = { at: clock.now(), zone: 0 }
    const frame = { from: by.contact, to: formatAddress(address), domain: day.domain, now, hostName: by.hostName, packed }
    const octets = writeLetter(report, frame)
    const tlsReport = { day: day.day, domain: day.domain }
    const transaction = delivery.begin({
      mailFrom: undefined,
      parameters: {},
      size: octets.length,
      origin: { protocol: 'LOCAL' },
      tlsReport,
    })
    try {
      const admission = await transaction.addRecipient(address, { notify: ['NEVER'] })
      if (isRefused(admission)) throw new Error(typeof admission === 'string' ? admission : admission.code)
      const reception = transaction.receive(() => blobs.stage())
      await reception.write(octets)
      const failure = reduceOutcomes((await reception.accept()).outcomes)
      if (failure !== undefined) throw new Error(`the report was not kept: ${failure.code}`)
    } finally {
      transaction.release()
    }
  }

  #later(day: DueTlsReport): Promise<void> {
    const wait = Math.min(FIRST_RETRY * 2 ** day.attempts, LONGEST_RETRY)
    return this.#options.reports.postpone(day, this.#options.clock.now() + wait)
  }
}
