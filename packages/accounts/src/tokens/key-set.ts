import { createPublicKey, type KeyObject } from 'node:crypto'
import type { Clock, EpochMs } from '@mailstead/base'
import { KEYS_LIFE, KEYS_PAUSE, MAX_KEYS } from '../limits.ts'
import { fetchJson } from './fetch-json.ts'
import { ProviderError } from './token.ts'

/** A key of the provider, and what it is for. */
export interface SigningKey {
  readonly id: string | undefined
  readonly key: KeyObject
  readonly algorithm: Algorithm
}

export type Algorithm = 'RS256' | 'ES256' | 'EdDSA'

/** The provider's public keys (RFC 7517): kept, and fetched anew when they are old or a token names one that is not among them. */
export class KeySet {
  readonly #url: string
  readonly #clock: Clock
  #keys: readonly SigningKey[] = []
  #fetchedAt: EpochMs | undefined
  #triedAt: EpochMs | undefined
  #fetching: Promise<void> | undefined

  constructor(url: string, clock: Clock) {
    this.#url = url
    this.#clock = clock
  }

  /** Those that may have signed: the one of this id, or all of the algorithm when a token names none. Rejects with `ProviderError`. */
  async candidates(id: string | undefined, algorithm: Algorithm): Promise<readonly SigningKey[]> {
    if (this.#isOld(this.#fetchedAt, KEYS_LIFE)) await this.#refresh()
    const known = this.#matching(id, algorithm)
    if (known.length > 0) return known
    await this.#refresh()
    return this.#matching(id, algorithm)
  }

  #matching(id: string | undefined, algorithm: Algorithm): SigningKey[] {
    return this.#keys.filter((key) => key.algorithm === algorithm && (id === undefined || key.id === id))
  }

  #isOld(since: EpochMs | undefined, age: number): boolean {
    return since === undefined || this.#clock.now() - since >= age
  }

  /** Not again within `KEYS_PAUSE`: anybody can name keys that do not exist. While the provider is away, old keys serve on. */
  async #refresh(): Promise<void> {
    if (this.#fetching === undefined && !this.#isOld(this.#triedAt, KEYS_PAUSE)) {
      if (this.#fetchedAt === undefined) throw new ProviderError(`${this.#url}: no keys yet`)
      return
    }
    this.#fetching ??= this.#fetch().finally(() => (this.#fetching = undefined))
    try {
      await this.#fetching
    } catch (error) {
      if (this.#fetchedAt === undefined) throw error
    }
  }

  async #fetch(): Promise<void> {
    this.#triedAt = this.#clock.now()
    const { keys } = await fetchJson(this.#url, { headers: { accept: 'application/json' } }, this.#clock)
    if (!Array.isArray(keys)) throw new ProviderError(`${this.#url}: no key set`)
    this.#keys = keys.slice(0, MAX_KEYS).flatMap((jwk: unknown) => signingKey(jwk) ?? [])
    this.#fetchedAt = this.#clock.now()
  }
}

/** RFC 7518 sections 3.3 and 3.4, RFC 8037 section 3.1: what a key's kind signs with. Others are passed over. */
function signingKey(jwk: unknown): SigningKey | undefined {
  if (typeof jwk !== 'object' || jwk === null) return undefined
  const { kty, crv, alg, use, kid, key_ops: operations } = jwk as Readonly<Record<string, unknown>>
  const algorithm =
    kty === 'RSA' ? 'RS256' : kty === 'EC' && crv === 'P-256' ? 'ES256' : kty === 'OKP' && crv === 'Ed25519' ? 'EdDSA' : undefined
  const verifies = (use === undefined || use === 'sig') && (!Array.isArray(operations) || operations.includes('verify'))
  if (algorithm === undefined || !verifies || (alg !== undefined && alg !== algorithm && !(alg === 'Ed25519' && algorithm === 'EdDSA')))
    return undefined
  try {
    const key = createPublicKey({ key: jwk as Record<string, string>, format: 'jwk' })
    // RFC 7518 section 3.3: RSA keys of 2048 bits or more.
    if (algorithm === 'RS256' && (key.asymmetricKeyDetails?.modulusLength ?? 0) < 2048) return undefined
    return { id: typeof kid === 'string' ? kid : undefined, key, algorithm }
  } catch {
    return undefined
  }
}
