import type { Clock, EpochMs, Logger } from '@mailstead/base'
import type { DnsAnswer, DnsType, RecordData, Resolver } from '@mailstead/resolver'
import { PROBE_WARNING } from './limits.ts'

/** Known to all DNS of the internet since 1995. */
const PROBE = 'a.root-servers.net'

/**
 * Believes that there is no such name or record only where DNS knows the root servers too: name servers of a closed network, or before
 * the line is up, deny everything, and all the world would be refused for it.
 */
export class SoundResolver implements Resolver {
  readonly #resolver: Resolver
  readonly #log: Logger
  readonly #clock: Clock
  #warnedAt: EpochMs | undefined

  constructor(resolver: Resolver, log: Logger, clock: Clock) {
    this.#resolver = resolver
    this.#log = log
    this.#clock = clock
  }

  async look<T extends DnsType>(type: T, name: string): Promise<DnsAnswer<RecordData[T]>> {
    const answer = await this.#resolver.look(type, name)
    if (answer.kind !== 'none') return answer
    const probe = await this.#resolver.look('A', PROBE)
    if (probe.kind === 'records') return answer
    this.#warn()
    return { kind: 'failed', reason: 'server-failure' }
  }

  #warn(): void {
    const now = this.#clock.now()
    if (this.#warnedAt !== undefined && now - this.#warnedAt < PROBE_WARNING) return
    this.#warnedAt = now
    this.#log.warn('DNS does not know the internet, nothing is held against strangers', { name: PROBE })
  }
}
