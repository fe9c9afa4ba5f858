import type { Clock, EpochMs, Logger } from '@mailstead/base'
import {
  ALGORITHMS,
  keyRecord,
  makeKeyPair,
  readPrivateKey,
  type Algorithm,
  type KeyPair,
  type KeyRecord,
  type SigningKey,
} from '@mailstead/signing'
import { StoreError, type Directory, type DomainKey, type KeyTimes, type NewDomainKey } from '@mailstead/store'
import { domainOrThrow } from './domain.ts'
import { AccountError, administer } from './errors.ts'
import { KEY_KEPT, KEY_LOOK, KEY_POSTPONED, KEY_PUBLISHED, MAX_KEYED_DOMAINS } from './limits.ts'

/**
 * `waiting`: its record is to be published, it signs later. `retired`: it signs no more, its record has to stay. `over`: nobody
 * needs its record.
 */
export type KeyState = 'waiting' | 'signing' | 'retired' | 'over'

/** A key as an administrator sees it. Plain data. */
export interface KeyFacts extends KeyTimes {
  readonly algorithm: Algorithm
  readonly state: KeyState
  /** When its record may go; `undefined`: not as long as it signs. */
  readonly neededUntil: EpochMs | undefined
  /** The TXT record that others find it by. */
  readonly record: KeyRecord
}

/** Keys of domains for administrators. Domains in any form. Rejects with `AccountError`. */
export interface DomainKeyAdmin {
  /** Those whose records are needed, the oldest first. `domain-not-found`. */
  show(domain: string): Promise<readonly KeyFacts[]>
  /**
   * Makes new keys, which wait until others may know their records and sign then in the place of the old ones. `atOnce`: they sign now, those
   * that wait already where there are some. `keys-waiting` when some do and `atOnce` is not said.
   */
  rotate(domain: string, atOnce: boolean): Promise<readonly KeyFacts[]>
}

/** What a server asks of them. */
export interface DomainKeyService extends DomainKeyAdmin {
  /** The keys that sign for a domain in A-labels now; none for a domain that is not ours. */
  signing(domain: string): Promise<readonly SigningKey[]>
  /**
   * Makes keys for domains that have none, forgets those whose records nobody needs, and lets those go on waiting that are soon to sign while
   * `look` does not find their records. To be called at least every hour.
   */
  tidy(look: RecordLook): Promise<void>
}

/** The TXT records of a name; `undefined`: it cannot be said now. */
export type RecordLook = (name: string) => Promise<readonly string[] | undefined>

/** Tests only: stands for the making of keys where their octets do not matter. */
export type KeyMaker = (algorithm: Algorithm) => Promise<KeyPair>

export function stateOf({ signsFrom, retiresAt }: KeyTimes, now: EpochMs): KeyState {
  if (retiresAt === undefined || now < retiresAt) return now < signsFrom ? 'waiting' : 'signing'
  return now < retiresAt + KEY_KEPT ? 'retired' : 'over'
}

interface Loaded extends KeyTimes {
  readonly key: SigningKey
}

export class DomainKeys implements DomainKeyService {
  readonly #directory: Directory
  readonly #make: KeyMaker
  readonly #clock: Clock
  readonly #log: Logger
  /** By domain; the one asked for longest ago goes first. Whatever changes keys goes through here. */
  readonly #loaded = new Map<string, Promise<readonly Loaded[]>>()

  constructor(directory: Directory, clock: Clock, log: Logger, make: KeyMaker = makeKeyPair) {
    this.#directory = directory
    this.#make = make
    this.#clock = clock
    this.#log = log
  }

  /** A pair of each algorithm. `taken`: keys whose selectors must not come again. */
  async newKeys(signsFrom: EpochMs, taken: readonly KeyTimes[] = []): Promise<readonly NewDomainKey[]> {
    const date = new Date(this.#clock.now()).toISOString().slice(0, 10).replaceAll('-', '')
    let base = date
    for (let turn = 2; taken.some(({ selector }) => selector.startsWith(`${base}-`)); turn++) base = `${date}-${turn}`
    const pairs = await Promise.all(ALGORITHMS.map((algorithm) => this.#make(algorithm)))
    return pairs.map((pair) => ({
      ...pair,
      selector: `${base}-${pair.algorithm === 'rsa-sha256' ? 'rsa' : 'ed25519'}`,
      signsFrom,
      retiresAt: undefined,
    }))
  }

  async show(name: string): Promise<readonly KeyFacts[]> {
    const domain = domainOrThrow(name)
    const keys = await this.#rows(domain)
    const now = this.#clock.now()
    return keys.map((key) => factsOf(domain, key, now)).filter(({ state }) => state !== 'over')
  }

  async rotate(name: string, atOnce: boolean): Promise<readonly KeyFacts[]> {
    const domain = domainOrThrow(name)
    const keys = await this.#rows(domain)
    const now = this.#clock.now()
    const waiting = keys.filter((key) => stateOf(key, now) === 'waiting')
    const signing = keys.filter((key) => stateOf(key, now) === 'signing')
    if (waiting.length > 0 && !atOnce) {
      const at = new Date(waiting[0]?.signsFrom ?? now).toISOString()
      throw new AccountError('keys-waiting', `${domain}: new keys are there already, and sign from ${at}`)
    }
    const signsFrom = atOnce ? now : now + KEY_PUBLISHED
    const times = [
      ...signing.map(({ selector, signsFrom: since }) => ({ selector, signsFrom: since, retiresAt: signsFrom })),
      ...waiting.map(({ selector, retiresAt }) => ({ selector, signsFrom, retiresAt })),
    ]
    const add = waiting.length > 0 ? [] : await this.newKeys(signsFrom, keys)
    await administer(domain, () => this.#directory.changeDomainKeys(domain, { add, times }))
    this.#loaded.delete(domain)
    this.#log.info('domain has new keys', { domain, selectors: [...waiting, ...add].map(({ selector }) => selector), signsFrom })
    return this.show(domain)
  }

  async signing(domain: string): Promise<readonly SigningKey[]> {
    const loaded = await this.#load(domain)
    const now = this.#clock.now()
    return loaded.filter((each) => stateOf(each, now) === 'signing').map(({ key }) => key)
  }

  async tidy(look: RecordLook): Promise<void> {
    for (const { name: domain } of await this.#directory.listDomains()) {
      // A domain may go meanwhile: the others are none the worse for it.
      await this.#tidyOne(domain, look).catch((error: unknown) => this.#log.error('keys were not looked after', { domain, err: error }))
    }
  }

  async #tidyOne(domain: string, look: RecordLook): Promise<void> {
    const keys = await this.#directory.domainKeys(domain)
    const now = this.#clock.now()
    const add = keys.length === 0 ? await this.newKeys(now) : []
    const remove = keys.filter((key) => stateOf(key, now) === 'over').map(({ selector }) => selector)
    const soon = keys.filter((key) => stateOf(key, now) === 'waiting' && key.signsFrom - now <= KEY_LOOK)
    const missing = await unpublished(domain, soon, look)
    const times = missing.length > 0 ? postponed(keys, soon) : []
    if (add.length + remove.length + times.length === 0) return
    await this.#directory.changeDomainKeys(domain, { add, remove, times })
    this.#loaded.delete(domain)
    if (add.length > 0) this.#log.info('domain has its first keys', { domain })
    if (remove.length > 0) this.#log.info('old keys forgotten', { domain, selectors: remove })
    if (missing.length > 0) this.#log.warn('new keys are not published, the old ones sign on', { domain, missing })
  }

  /** Forgets what is known of a domain that was added or removed. */
  changed(domain: string): void {
    this.#loaded.delete(domain)
  }

  #rows(domain: string): Promise<readonly DomainKey[]> {
    return administer(domain, async () => {
      if ((await this.#directory.findDomain(domain)) === undefined) throw new StoreError('domain-not-found', 'Domain does not exist')
      return this.#directory.domainKeys(domain)
    })
  }

  #load(domain: string): Promise<readonly Loaded[]> {
    const known = this.#loaded.get(domain)
    this.#loaded.delete(domain)
    const loading = known ?? this.#read(domain)
    this.#loaded.set(domain, loading)
    // What failed is tried again.
    if (known === undefined) loading.catch(() => this.#loaded.delete(domain))
    const [oldest] = this.#loaded.keys()
    if (this.#loaded.size > MAX_KEYED_DOMAINS && oldest !== undefined) this.#loaded.delete(oldest)
    return loading
  }

  async #read(domain: string): Promise<readonly Loaded[]> {
    const keys = await this.#directory.domainKeys(domain)
    return keys.map(({ selector, algorithm, privateKey, signsFrom, retiresAt }) => ({
      selector,
      signsFrom,
      retiresAt,
      key: { domain, selector, algorithm, privateKey: readPrivateKey(privateKey) },
    }))
  }
}

/** Names of records that are not there, or not those of the keys. */
async function unpublished(domain: string, keys: readonly DomainKey[], look: RecordLook): Promise<readonly string[]> {
  const names = keys.map(async (key) => {
    const { name } = keyRecord(domain, key.selector, key)
    const found = await look(name)
    const isThere = found === undefined || found.some((text) => text.replaceAll(/\s/g, '').includes(`p=${key.publicKey}`))
    return isThere ? [] : [name]
  })
  return (await Promise.all(names)).flat()
}

/** `soon` begin later, and those that they are to replace go on until then. */
function postponed(keys: readonly DomainKey[], soon: readonly DomainKey[]): readonly KeyTimes[] {
  const later = (at: EpochMs): EpochMs => (soon.some(({ signsFrom }) => signsFrom === at) ? at + KEY_POSTPONED : at)
  return keys.map(({ selector, signsFrom, retiresAt }) => ({
    selector,
    signsFrom: later(signsFrom),
    retiresAt: retiresAt === undefined ? undefined : later(retiresAt),
  }))
}

function factsOf(domain: string, key: DomainKey, now: EpochMs): KeyFacts {
  const { selector, algorithm, signsFrom, retiresAt } = key
  return {
    selector,
    algorithm,
    state: stateOf(key, now),
    signsFrom,
    retiresAt,
    neededUntil: retiresAt === undefined ? undefined : retiresAt + KEY_KEPT,
    record: keyRecord(domain, selector, key),
  }
}
