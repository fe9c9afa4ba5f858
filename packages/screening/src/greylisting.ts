import type { Clock, Logger } from '@mailstead/base'
import type { Greylist, GreylistMark } from '@mailstead/store'
import { ALLOWANCE_RENEWAL } from './limits.ts'

export interface GreylistingOptions {
  readonly greylist: Greylist
  readonly clock: Clock
  /** ms between the first attempt and the one that passes. */
  readonly delay: number
}

/** Lets suspicious hosts in who come again: real servers do, most programs that send spam do not. One that did opens the way for its network. */
export class Greylisting {
  readonly #options: GreylistingOptions

  constructor(options: GreylistingOptions) {
    this.#options = options
  }

  /** ms that are left to wait; 0: it passes. Rejects when the store does. */
  async wait(mark: GreylistMark, log: Logger): Promise<number> {
    const { greylist, clock, delay } = this.#options
    const { firstAt, allowedAt } = await greylist.recall(mark)
    const now = clock.now()
    if (allowedAt !== undefined) {
      if (allowedAt + ALLOWANCE_RENEWAL <= now) await greylist.allow(mark.network)
      return 0
    }
    if (firstAt === undefined) await greylist.note(mark)
    const left = (firstAt ?? now) + delay - now
    if (left > 0) {
      log.info('greylisted', { ...mark, first: firstAt === undefined, ms: left })
      return left
    }
    log.info('greylisted host came again', { ...mark })
    await greylist.allow(mark.network)
    return 0
  }
}
