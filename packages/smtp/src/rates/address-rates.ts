import { type Clock, type Logger, networkOf, type Networks, type Rate, SlidingCounts } from '@mailstead/base'
import { MAX_COUNTED_KEYS } from '../limits.ts'

/** What is counted of an address. */
export type RateName = 'connections' | 'messages' | 'recipients' | 'unknownRecipients' | 'failedCommands'

export interface AddressRatesOptions {
  /** What one address may do; `undefined`: as much as it likes. */
  readonly rates: Readonly<Record<RateName, Rate | undefined>>
  /** Bits of the network that an address is in. */
  readonly network: { readonly ipv4: number; readonly ipv6: number }
  /** How many times what an address may do its network may. */
  readonly networkFactor: number
  readonly exempt: Networks
  readonly clock: Clock
  readonly log: Logger
}

/** What the log is told beside the rate. */
interface Who {
  readonly session: string
  readonly address: string
}

interface Scope {
  readonly name: 'address' | 'network'
  readonly limit: number
  readonly counts: SlidingCounts
  readonly key: (address: string) => string
}

/** Counts what addresses (IPv6: each /64) and networks do, over all listeners that share it, and says when it is too much. */
export class AddressRates {
  readonly #options: AddressRatesOptions
  readonly #scopes = new Map<RateName, readonly Scope[]>()

  constructor(options: AddressRatesOptions) {
    this.#options = options
    const { rates, network, networkFactor, clock } = options
    for (const [name, rate] of Object.entries(rates) as [RateName, Rate | undefined][]) {
      if (rate === undefined) continue
      const counts = (): SlidingCounts => new SlidingCounts({ clock, window: rate.window, maxKeys: MAX_COUNTED_KEYS })
      this.#scopes.set(name, [
        { name: 'address', limit: rate.count, counts: counts(), key: (address) => networkOf(address, 32, 64) },
        {
          name: 'network',
          limit: rate.count * networkFactor,
          counts: counts(),
          key: (address) => networkOf(address, network.ipv4, network.ipv6),
        },
      ])
    }
  }

  /** One more, if it still may be. What is refused is not counted, so that who waits gets on. */
  take(name: RateName, who: Who): boolean {
    if (!this.within(name, who)) return false
    this.note(name, who.address)
    return true
  }

  /** Whether one more may be; the log says why not. */
  within(name: RateName, { session, address }: Who): boolean {
    const excess = this.#scopesOf(name, address).find(({ counts, key, limit }) => counts.count(key(address)) >= limit)
    if (excess === undefined) return true
    const rate = `${excess.limit} in ${(this.#options.rates[name]?.window ?? 0) / 1000} s`
    this.#options.log.warn('rate exceeded', {
      session,
      remoteAddress: address,
      what: name,
      by: excess.key(address),
      scope: excess.name,
      rate,
    })
    return false
  }

  /** Counts what has happened already. */
  note(name: RateName, address: string): void {
    for (const { counts, key } of this.#scopesOf(name, address)) counts.add(key(address))
  }

  #scopesOf(name: RateName, address: string): readonly Scope[] {
    return this.#options.exempt.has(address) ? [] : (this.#scopes.get(name) ?? [])
  }
}
