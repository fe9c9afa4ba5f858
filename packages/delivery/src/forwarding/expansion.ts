import type { AccountService } from '@mailstead/accounts'
import { dnsName } from '@mailstead/resolver'
import type { RecipientParameters } from '@mailstead/store'
import { formatAddress, parseMailbox, type SmtpAddress } from '@mailstead/wire'
import type { Lead, LostLead } from '../admission.ts'
import { MAX_LEADS } from '../limits.ts'

/** All that an address of ours leads to: each account and each address elsewhere once, whatever goes round in circles. */
export class Expansion {
  readonly #accounts: Pick<AccountService, 'resolve'>
  readonly #leads = new Map<string, Lead>()
  readonly #lost: LostLead[] = []
  readonly #seen = new Set<string>()

  constructor(accounts: Pick<AccountService, 'resolve'>) {
    this.#accounts = accounts
  }

  get leads(): readonly Lead[] {
    return [...this.#leads.values()]
  }

  get lost(): readonly LostLead[] {
    return this.#lost
  }

  /** False: there are more than MAX_LEADS. `by`: as in `Lead`. */
  async follow(address: SmtpAddress, by: readonly string[]): Promise<boolean> {
    if (this.#seen.size + this.#leads.size >= MAX_LEADS) return false
    const resolution = await this.#accounts.resolve(address.localPart, address.domain)
    if (resolution.kind === 'elsewhere') return this.#leave(address, by)
    if (resolution.kind === 'group') {
      const { group } = resolution
      return this.#goOn(formatAddress(group), group.targets, by)
    }
    if (resolution.kind !== 'local') {
      this.#lost.push({ address: formatAddress(address), why: resolution.kind === 'moved' ? 'unknown' : resolution.kind })
      return true
    }
    const { account, tag } = resolution.recipient
    const own = formatAddress(account)
    const { targets = [], keep = true } = account.forwarding ?? {}
    if (targets.length === 0 || keep) this.#add(own, { recipient: { kind: 'local', address: own, parameters: {}, account, tag }, by })
    return this.#goOn(own, targets, by)
  }

  async #goOn(from: string, targets: readonly string[], by: readonly string[]): Promise<boolean> {
    const key = from.toLowerCase()
    if (this.#seen.has(key)) return true
    this.#seen.add(key)
    for (const target of targets) if (!(await this.follow(parseMailbox(target), [from, ...by]))) return false
    return true
  }

  #leave({ localPart, domain: given }: SmtpAddress, by: readonly string[]): true {
    const domain = given.startsWith('[') ? given.toLowerCase() : dnsName(given)
    const address = formatAddress({ localPart, domain: given })
    if (domain === undefined) this.#lost.push({ address, why: 'no-such-domain' })
    else this.#add(`${localPart}@${domain}`, { recipient: { kind: 'remote', address, localPart, domain, parameters: {} }, by })
    return true
  }

  #add(key: string, lead: Lead): void {
    if (!this.#leads.has(key)) this.#leads.set(key, lead)
  }
}

/**
 * What the sender asked for, handed on (RFC 3461 section 5.2.7). A single lead takes all of it over; of several none can say that the address was
 * reached, but each that it was not. The copy that stays in the account that was written to is its delivery.
 */
export function withParameters(leads: readonly Lead[], parameters: RecipientParameters): Lead[] {
  const { notify } = parameters
  const rest = notify?.filter((each) => each !== 'SUCCESS')
  const withoutSuccess = rest === undefined ? parameters : { ...parameters, notify: rest.length === 0 ? (['NEVER'] as const) : rest }
  return leads.map(({ recipient, by }) => ({
    recipient: { ...recipient, parameters: leads.length === 1 || by.length === 0 ? parameters : withoutSuccess },
    by,
  }))
}
