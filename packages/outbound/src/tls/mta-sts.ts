import type { EpochMs, Logger } from '@mailstead/base'
import type { KeptStsPolicy, StsPolicies } from '@mailstead/store'
import { MAX_POLICY_LINE, MAX_POLICY_LINES, STS_DOMAINS, STS_REFRESH, STS_REFRESHED, STS_RETRY, STS_UNUSED } from '../limits.ts'
import type { StsPolicy } from './decide.ts'
import { fetchStsPolicy, StsUnfit, type StsFailure, type StsFetchOptions } from './sts-fetch.ts'
import { parseStsPolicy, stsRecordId } from './sts-policy.ts'

/** A policy that is announced, or kept, and could not be had: for reports to its domain (RFC 8461 section 6). */
export interface StsTrouble {
  readonly at: EpochMs
  readonly domain: string
  readonly result: StsFailure
  readonly detail: string
}

export interface MtaStsOptions extends StsFetchOptions {
  readonly policies: StsPolicies
  readonly log: Logger
  readonly onTrouble?: (trouble: StsTrouble) => void
}

/** In memory without its text, which may be long. */
interface Kept extends Omit<KeptStsPolicy, 'text'> {
  readonly policy: StsPolicy
}

interface Domain {
  /** The store was asked. */
  loaded?: true
  kept?: Kept
  /** Fetching failed: not again before. */
  notBefore?: EpochMs
  /** Others who want the same wait for it. */
  running?: Promise<StsPolicy | undefined>
}

/**
 * The MTA-STS policies of other domains (RFC 8461), fetched when they are first wanted and kept as long as they say, or until they are announced anew.
 * The store has them over restarts; what is wanted often is in memory.
 */
export class MtaSts {
  readonly #options: MtaStsOptions
  readonly #abort = new AbortController()
  readonly #closed = new Promise<void>((resolve) => this.#abort.signal.addEventListener('abort', () => resolve()))
  readonly #domains = new Map<string, Domain>()

  constructor(options: MtaStsOptions) {
    this.#options = options
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

  /**
   * Fetches some of the policies anew that were not looked after for a day, so that they do not run out while somebody is in our way (section 10.2);
   * resolves to how many there were. Those that nobody used for long run out.
   */
  async refresh(): Promise<number> {
    const { policies, clock } = this.#options
    const now = clock.now()
    const names = await policies.stale(now - STS_REFRESH, now - STS_UNUSED, STS_REFRESHED)
    // Who stops does not wait for name servers of others.
    for (const name of names) if (!this.#abort.signal.aborted) await Promise.race([this.#refresh(name), this.#closed])
    return names.length
  }

  /** Fetches nothing more. */
  close(): void {
    this.#abort.abort()
  }

  async #refresh(name: string): Promise<void> {
    const domain = this.#domains.get(name) ?? {}
    await domain.running
    await this.#load(name, domain)
    const id = await this.#announced(name)
    if (this.#abort.signal.aborted) return
    if (id === undefined) this.#fail(name, domain, new StsUnfit('sts-policy-fetch-error', 'it is not announced any more'))
    else await this.#fetch(name, id, domain)
    if (!this.#abort.signal.aborted) await this.#options.policies.note(name, { checkedAt: this.#options.clock.now() })
  }

  async #find(name: string, domain: Domain): Promise<StsPolicy | undefined> {
    const [id] = await Promise.all([this.#announced(name), this.#load(name, domain)])
    const now = this.#options.clock.now()
    if (domain.kept !== undefined && domain.kept.until <= now) delete domain.kept
    // Section 5.1: who can suppress the record must not be able to suppress the policy.
    if (id !== undefined && id !== domain.kept?.recordId && (domain.notBefore ?? 0) <= now) await this.#fetch(name, id, domain)
    this.#use(name, domain, now)
    return domain.kept?.policy
  }

  async #announced(name: string): Promise<string | undefined> {
    const answer = await this.#options.resolver.look('TXT', `_mta-sts.${name}`)
    return answer.kind === 'records' ? stsRecordId(answer.records) : undefined
  }

  /** What an earlier process has kept. */
  async #load(name: string, domain: Domain): Promise<void> {
    if (domain.loaded === true) return
    try {
      const row = await this.#options.policies.find(name)
      domain.loaded = true
      if (row === undefined) return
      const { text, ...about } = row
      const policy = readPolicy(text)?.policy
      if (policy !== undefined) domain.kept ??= { ...about, policy }
    } catch (error) {
      this.#options.log.error('MTA-STS policy not read from the store', { domain: name, err: error })
    }
  }

  async #fetch(name: string, recordId: string, domain: Domain): Promise<void> {
    const { clock } = this.#options
    try {
      const text = await fetchStsPolicy(name, { ...this.#options, signal: this.#abort.signal })
      const parsed = readPolicy(text)
      if (parsed === undefined) throw new StsUnfit('sts-policy-invalid', 'the policy is malformed')
      const now = clock.now()
      const usedAt = domain.kept?.usedAt ?? now
      const about = { recordId, until: now + parsed.maxAge * 1000, checkedAt: now, usedAt }
      domain.kept = { ...about, policy: parsed.policy }
      delete domain.notBefore
      this.#write(name, this.#options.policies.keep(name, { ...about, text }))
    } catch (error) {
      if (this.#abort.signal.aborted) return
      domain.notBefore = clock.now() + STS_RETRY
      this.#fail(name, domain, error)
    }
  }

  #fail(domain: string, { kept }: Domain, error: unknown): void {
    const { log, clock, onTrouble } = this.#options
    const { result, message } = error instanceof StsUnfit ? error : new StsUnfit('sts-policy-fetch-error', String(error))
    // Section 3.3: administrators hear of it where a policy is at stake.
    const level = kept === undefined || kept.policy.mode === 'none' ? 'info' : 'warn'
    log[level]('MTA-STS policy not fetched', { domain, error: message, until: kept?.until })
    if (kept?.policy.mode !== 'none') onTrouble?.({ at: clock.now(), domain, result, detail: message })
  }

  #use(name: string, { kept }: Domain, now: EpochMs): void {
    if (kept === undefined || now - kept.usedAt < STS_REFRESH) return
    const domain = this.#domains.get(name)
    if (domain !== undefined) domain.kept = { ...kept, usedAt: now }
    this.#write(name, this.#options.policies.note(name, { usedAt: now }))
  }

  /** Mail does not wait for it, and goes without it. */
  #write(domain: string, written: Promise<void>): void {
    written.catch((error: unknown) => this.#options.log.error('MTA-STS policy not written to the store', { domain, err: error }))
  }
}

function readPolicy(text: string): ReturnType<typeof parseStsPolicy> {
  const parsed = parseStsPolicy(text)
  if (parsed === undefined) return undefined
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '')
  const told = lines.slice(0, MAX_POLICY_LINES).map((line) => line.slice(0, MAX_POLICY_LINE))
  return { ...parsed, policy: { ...parsed.policy, lines: told } }
}
