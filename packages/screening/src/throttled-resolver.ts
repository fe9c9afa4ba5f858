import { QueueFullError, Semaphore } from '@mailstead/base'
import type { DnsAnswer, DnsType, RecordData, Resolver } from '@mailstead/resolver'
import { NAME_QUESTIONS, NAME_QUEUE } from './limits.ts'

/**
 * For names that strangers choose: whoever names zones whose servers never answer fills these places, and neither those that lists are
 * asked in nor those of mail on its way out.
 */
export class ThrottledResolver implements Resolver {
  readonly #resolver: Resolver
  readonly #places = new Semaphore(NAME_QUESTIONS, NAME_QUEUE)

  constructor(resolver: Resolver) {
    this.#resolver = resolver
  }

  async look<T extends DnsType>(type: T, name: string): Promise<DnsAnswer<RecordData[T]>> {
    try {
      return await this.#places.run(() => this.#resolver.look(type, name))
    } catch (error) {
      if (error instanceof QueueFullError) return { kind: 'failed', reason: 'timeout' }
      throw error
    }
  }
}
