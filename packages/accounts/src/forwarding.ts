import type { Account, Directory, Forwarding, Group } from '@mailstead/store'
import { addressOrThrow, formatAddress } from './address.ts'
import { AccountError } from './errors.ts'
import { MAX_TARGETS } from './limits.ts'
import { Routing } from './routing.ts'

/** What addresses are compared by. */
const key = (address: string): string => address.normalize('NFC').toLowerCase()

/** What an address of ours may forward to. */
export class ForwardingRules {
  readonly #directory: Directory
  readonly #routing: Routing

  constructor(directory: Directory) {
    this.#directory = directory
    this.#routing = new Routing(directory)
  }

  /**
   * The targets in canonical form. Throws `bad-address`; `account-not-found` for an address of ours that nobody has; `bad-forwarding` when there are none or
   * too many, or when mail would come back to `owner`, which is in canonical form.
   */
  async targets(owner: string, given: readonly string[]): Promise<string[]> {
    const targets = new Map(given.map((text) => [formatAddress(addressOrThrow(text)), text]))
    if (targets.size === 0) throw new AccountError('bad-forwarding', `${owner}: an address to forward to is needed`)
    if (targets.size > MAX_TARGETS) throw new AccountError('bad-forwarding', `${owner}: more than ${MAX_TARGETS} addresses to forward to`)
    for (const [target, text] of targets) {
      const { domain } = addressOrThrow(target)
      const isOurs = (await this.#directory.findDomain(domain)) !== undefined
      if (isOurs && (await this.#placeOf(target)) === undefined)
        throw new AccountError('account-not-found', `${text}: nobody here has this address`)
      if (await this.#leadsTo(owner, target)) throw new AccountError('bad-forwarding', `${owner}: mail for ${text} comes back to it`)
    }
    return [...targets.keys()]
  }

  /** Follows what is forwarded here, wherever it leads; a group of that name need not be there yet. */
  async #leadsTo(owner: string, start: string): Promise<boolean> {
    const seen = new Set<string>()
    const open = [start]
    for (let address = open.pop(); address !== undefined; address = open.pop()) {
      const place = await this.#placeOf(address)
      const name = key(place === undefined ? address : formatAddress(place))
      if (name === key(owner)) return true
      if (place === undefined || seen.has(name)) continue
      seen.add(name)
      open.push(...('targets' in place ? place.targets : (place.forwarding?.targets ?? [])))
    }
    return false
  }

  #placeOf(address: string): Promise<Account | Group | undefined> {
    const { localPart, domain } = addressOrThrow(address)
    return this.#routing.placeOf(localPart, domain)
  }
}

/** In words, for the administrator. */
export function forwardsTo({ targets, keep }: Pick<Forwarding, 'targets' | 'keep'>): string {
  return `${targets.join(', ')}${keep ? ', and stays here too' : ''}`
}
