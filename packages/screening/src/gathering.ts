import type { Clock, Logger } from '@mailstead/base'
import type { Finding } from '@mailstead/delivery'

export interface Patience {
  readonly clock: Clock
  readonly log: Logger
  /** ms that are waited for all checks together. */
  readonly ms: number
}

/** The checks of one stage: begun once, waited for a bounded time. What a check finds later counts from then on. */
export class Gathering {
  readonly #checks: readonly (() => Promise<readonly Finding[]>)[]
  readonly #patience: Patience
  #findings: readonly Finding[] = []
  #running: Promise<void> | undefined

  constructor(checks: readonly (() => Promise<readonly Finding[]>)[], patience: Patience) {
    this.#checks = checks
    this.#patience = patience
  }

  get findings(): readonly Finding[] {
    return this.#findings
  }

  /** Resolves when all have been found, or patience ends; never rejects. */
  begin(): Promise<void> {
    this.#running ??= this.#run()
    return this.#running
  }

  async #run(): Promise<void> {
    const { clock, log, ms } = this.#patience
    const late = Promise.withResolvers<void>()
    const timer = clock.after(ms, () => {
      log.info('checks take too long, mail goes on', { ms })
      late.resolve()
    })
    await Promise.race([Promise.all(this.#checks.map((check) => this.#one(check))), late.promise])
    timer.cancel()
  }

  async #one(check: () => Promise<readonly Finding[]>): Promise<void> {
    try {
      const found = await check()
      this.#findings = [...this.#findings, ...found]
    } catch (error) {
      this.#patience.log.error('check failed', { err: error })
    }
  }
}
