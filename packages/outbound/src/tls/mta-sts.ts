import type { EpochMs, Logger } from '@mailstead/base'
import { STS_DOMAINS, STS_RETRY } from '../limits.ts'
import type { StsPolicy } from './decide.ts'
import { fetchStsPolicy, type StsFetchOptions } from './sts-fetch.ts'
import { parseStsPolicy, stsRecordId } from './sts-policy.ts'

interface Kept {
  /** Of the record that it was fetched for. */
  readonly id: string
  readonly policy: StsPolicy
  readonly until: EpochMs
}

interface Domain {
  kept?: Kept
  /** Fetching failed: not again before. */
  notBefore?: EpochMs
  /** Others who want the same wait for it. */
  running?: Promise<StsPolicy | undefined>
}

/** The MTA-STS policies of other domains (RFC 8461), fetched when they are first wanted and kept as long as they say, or until they are announced anew. */
export class MtaSts {
  readonly #options: StsFetchOptions
  readonly #log: Logger
  readonly #domains = new Map<string, Domain>()

  constructor(options: StsFetchOptions & { readonly log: Logger }) {
    this.#options = options
    this.#log = options.log
  }

  /** Never rejects; `undefined`: none that could be had. */
  policyOf(name: string): Promise<StsPolicy | undefined> {
    const domain = this.#domains.get(name) ?? {}
    // Those asked for last stay longest.
    this.#domains.delete(name)
    this.#domains.set(name, domain)
    const [oldest] = this.#domains.keys()
    if (this.#domains.size > STS_DOMAINS && oldest !== undefined) this.#domains.delete(oldest)
    domain.running ??= this.#find(name, domain).finally(() => delete domain.running)
    return domain.running
  }

  async #find(name: string, domain: Domain): Promise<StsPolicy | undefined> {
    const { resolver, clock } = this.#options
    const answer = await resolver.look('TXT', `_mta-sts.${name}`)
    const id = answer.kind === 'records' ? stsRecordId(answer.records) : undefined
    const now = clock.now()
    if (domain.kept !== undefined && domain.kept.until <= now) delete domain.kept
    // Section 5.1: who can suppress the record must not be able to suppress the policy.
    if (id === undefined || id === domain.kept?.id || (domain.notBefore ?? 0) > now) return domain.kept?.policy
    await this.#fetch(name, id, domain)
    return domain.kept?.policy
  }

  async #fetch(name: string, id: string, domain: Domain): Promise<void> {
    const { clock } = this.#options
    try {
      const parsed = parseStsPolicy(await fetchStsPolicy(name, this.#options))
      if (parsed === undefined) throw new Error('the policy is malformed')
      domain.kept = { id, policy: parsed.policy, until: clock.now() + parsed.maxAge * 1000 }
      delete domain.notBefore
    } catch (error) {
      domain.notBefore = clock.now() + STS_RETRY
      this.#log.info('MTA-STS policy not fetched', { domain: name, error: error instanceof Error ? error.message : String(error) })
    }
  }
}
