import type { AccountService } from '@mailstead/accounts'
import type { Clock, Logger } from '@mailstead/base'
import type { DsnLanguage } from '@mailstead/mime'
import { MAX_RETURNED } from '@mailstead/mime'
import { StoreError, type Blobs, type OwedReports, type QueueStore, type Unwatch, type ZonedTime } from '@mailstead/store'
import { parseMailbox, type SmtpAddress } from '@mailstead/wire'
import { isRefused } from '../admission.ts'
import type { Delivery } from '../delivery.ts'
import { REPORT_GATHER, REPORT_GATHER_MOST, REPORT_RETRY, REPORTS_AT_ONCE } from '../limits.ts'
import { reduceOutcomes } from '../outcome.ts'
import { writeReport } from './compose.ts'

export interface ReporterOptions {
  readonly queue: Pick<QueueStore, 'owed' | 'forgive' | 'read' | 'watch'>
  readonly delivery: Delivery
  readonly blobs: Pick<Blobs, 'stage'>
  readonly accounts: Pick<AccountService, 'resolve'>
  readonly log: Logger
  readonly clock: Clock
  readonly hostName: string
}

/** Makes the reports that senders are owed, one after the other, and delivers them or puts them into the queue. */
export interface Reporter {
  /** Finishes the one at hand. */
  stop(): Promise<void>
}

export function startReporter(options: ReporterOptions): Reporter {
  return new OwedReporter(options)
}

/** Who hears of it, and how. */
interface Reader {
  readonly address: SmtpAddress
  readonly language: DsnLanguage
  /** Whom an answer to the report reaches. */
  readonly from: string
  /** It may leave. */
  readonly elsewhere: boolean
}

class OwedReporter implements Reporter {
  readonly #options: ReporterOptions
  readonly #unwatch: Unwatch
  /** Messages whose report could not be made, and when it is tried again. */
  readonly #failed = new Map<string, number>()
  #again = false
  #running: Promise<void> | undefined
  #timer: { readonly at: number; cancel(): void } | undefined
  #stopped = false

  constructor(options: ReporterOptions) {
    this.#options = options
    this.#unwatch = options.queue.watch(() => this.#wake())
    this.#wake()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#unwatch()
    this.#timer?.cancel()
    await this.#running
  }

  #wake(): void {
    this.#again = true
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined
      if (this.#again && !this.#stopped) this.#wake()
    })
  }

  async #run(): Promise<void> {
    while (this.#again && !this.#stopped) {
      this.#again = false
      try {
        await this.#round()
      } catch (error) {
        this.#options.log.error('owed reports could not be read', { err: error })
        this.#wakeAt(this.#options.clock.now() + REPORT_RETRY)
      }
    }
  }

  async #round(): Promise<void> {
    const { queue, clock } = this.#options
    const now = clock.now()
    for (const [queueId, due] of this.#failed) if (due <= now) this.#failed.delete(queueId)
    const owed = await queue.owed(REPORTS_AT_ONCE + this.#failed.size)
    for (const each of owed) {
      if (this.#stopped) return
      if (this.#failed.has(each.queueId)) continue
      const ready = gatheredAt(each, now)
      if (ready > now) {
        this.#wakeAt(ready)
        continue
      }
      await this.#make(each)
      // There may be more than came at once.
      this.#again = true
    }
  }

  async #make(owed: OwedReports): Promise<void> {
    const log = this.#options.log.child({ queueId: owed.queueId })
    try {
      const reader = await this.#readerOf(owed)
      if (reader === undefined || !(await this.#send(owed, reader, log))) await this.#forgive(owed, log)
    } catch (error) {
      log.warn('report was not made, it is tried again', { err: error })
      const again = this.#options.clock.now() + REPORT_RETRY
      this.#failed.set(owed.queueId, again)
      this.#wakeAt(again)
    }
  }

  /** Or earlier. */
  #wakeAt(at: number): void {
    if (this.#stopped || (this.#timer !== undefined && this.#timer.at <= at)) return
    this.#timer?.cancel()
    const { clock } = this.#options
    const timer = clock.after(Math.max(0, at - clock.now()), () => {
      this.#timer = undefined
      this.#wake()
    })
    this.#timer = { at, cancel: () => timer.cancel() }
  }

  /** RFC 3461 section 5.2 wants the postmaster told of what nobody can be told of: the log does. */
  async #forgive({ mailFrom, reports }: OwedReports, log: Logger): Promise<void> {
    log.warn('sender is not told', { sender: mailFrom, of: reports.map(({ recipient, action }) => `${action}: ${recipient}`) })
    await this.#options.queue.forgive(reports.map(({ id }) => id))
  }

  /** `undefined`: the sender cannot be reached, or may be somebody who has sent nothing. */
  async #readerOf({ mailFrom, parameters, reports }: OwedReports): Promise<Reader | undefined> {
    const address = addressOf(mailFrom)
    if (address === undefined) return undefined
    const resolution = await this.#options.accounts.resolve(address.localPart, address.domain)
    if (resolution.kind === 'local') {
      const { domain, language = 'en', forwarding } = resolution.recipient.account
      return { address, language, from: `postmaster@${domain}`, elsewhere: forwarding !== undefined }
    }
    if (resolution.kind === 'group') return { address, language: 'en', from: `postmaster@${resolution.group.domain}`, elsewhere: true }
    if (parameters.forgeable === true) return undefined
    if (resolution.kind !== 'elsewhere' || !this.#options.delivery.reportsElsewhere) return undefined
    const home = await this.#homeOf(reports[0]?.recipient ?? '')
    return { address, language: 'en', from: `postmaster@${home ?? this.#options.hostName}`, elsewhere: true }
  }

  /** The domain of an address, if it is one of ours. */
  async #homeOf(address: string): Promise<string | undefined> {
    const { localPart, domain } = addressOf(address) ?? { localPart: '', domain: '' }
    const resolution = await this.#options.accounts.resolve(localPart, domain)
    if (resolution.kind === 'group') return resolution.group.domain
    return resolution.kind === 'local' ? resolution.recipient.account.domain : undefined
  }

  /** False: the sender is not taken as a recipient. */
  async #send(owed: OwedReports, { address, language, from, elsewhere }: Reader, log: Logger): Promise<boolean> {
    const { delivery, blobs, clock, hostName } = this.#options
    const at = clock.now()
    const now: ZonedTime = { at, zone: -new Date(at).getTimezoneOffset() }
    const id = `${owed.queueId}.${owed.reports[0]?.id ?? 0}`
    const octets = await this.#octetsOf(owed)
    const { octets: report, ...form } = writeReport(owed, { id, hostName, from, language, now, octets, sevenBit: elsewhere })
    const { requireTls, priority } = owed.parameters
    const transaction = delivery.begin({
      mailFrom: undefined,
      // RFC 8689 section 5, RFC 6710 section 4.6
      parameters: { ...form, ...(requireTls === true ? { requireTls } : {}), ...(priority === undefined ? {} : { priority }) },
      size: report.length,
      origin: { protocol: 'LOCAL' },
      reported: owed.reports.map((each) => each.id),
    })
    try {
      // RFC 3461 section 6.1
      if (isRefused(await transaction.addRecipient(address, { notify: ['NEVER'] }))) return false
      const reception = transaction.receive(() => blobs.stage())
      await reception.write(report)
      const failure = reduceOutcomes((await reception.accept()).outcomes)
      if (failure !== undefined) throw new Error(`the report was not kept: ${failure.code}`)
      log.info('sender is told', { report: reception.queueId, of: owed.reports.map(({ recipient, action }) => `${action}: ${recipient}`) })
      return true
    } finally {
      transaction.release()
    }
  }

  async #octetsOf({ queueId, size }: OwedReports): Promise<Uint8Array | undefined> {
    try {
      return await this.#options.queue.read(queueId, 0, Math.min(size, MAX_RETURNED))
    } catch (error) {
      if (error instanceof StoreError && error.code === 'message-not-found') return undefined
      throw error
    }
  }
}

/** When a report is made: one a message and round, so what a round brings is waited for. A delivery of ours is told of at once. */
function gatheredAt({ reports }: OwedReports, now: number): number {
  const times = reports.filter(({ action }) => action !== 'delivered').map(({ at }) => at)
  const newest = Math.max(...times)
  // A clock that was put back must not hold reports back.
  return times.length === 0 || newest > now ? now : Math.min(newest + REPORT_GATHER, Math.min(...times) + REPORT_GATHER_MOST)
}

function addressOf(text: string): SmtpAddress | undefined {
  try {
    return parseMailbox(text)
  } catch {
    return undefined
  }
}
