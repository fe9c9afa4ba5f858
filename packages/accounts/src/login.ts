import { QueueFullError, type Clock, type Logger } from '@mailstead/base'
import type { Credentials, LoginContext, LoginFailure, LoginResult } from '@mailstead/sasl'
import { StoreError, type Account, type AccountId, type Credential, type Directory } from '@mailstead/store'
import { formatAddress, parseLogin } from './address.ts'
import { isWeaker, NOBODYS_VERIFIER, type BoundedHashing } from './hashing.ts'
import { preparePassword } from './password.ts'
import { defaultDomain } from './routing.ts'
import type { Successes } from './successes.ts'

/** No account has it: unknown names cost the same look-ups. */
const NOBODY = 0 as AccountId

interface Candidate {
  readonly account: Account | undefined
  /** What the log calls it. */
  readonly name: string
  readonly credentials: readonly Credential[]
}

/** Answers the login mechanisms. What the client hears is the same for a wrong name, password or state; the log tells them apart. */
export class Login implements Credentials {
  readonly #directory: Directory
  readonly #hashing: BoundedHashing
  readonly #successes: Successes
  readonly #clock: Clock
  readonly #log: Logger
  /** Attempts under way: the connections that a client opens together share one hash. */
  readonly #running = new Map<string, Promise<boolean>>()
  /** Credentials that get a stronger verifier just now: one hash for all the logins meanwhile. */
  readonly #strengthening = new Set<number>()

  constructor(directory: Directory, hashing: BoundedHashing, successes: Successes, clock: Clock, log: Logger) {
    this.#directory = directory
    this.#hashing = hashing
    this.#successes = successes
    this.#clock = clock
    this.#log = log
  }

  async checkPassword(login: string, password: string, authorize: string, context: LoginContext): Promise<LoginResult> {
    if (!context.secure) return this.#refuse('encryption-required', login, 'not encrypted', context)
    try {
      return await this.#check(login, preparePassword(password), authorize, context)
    } catch (error) {
      if (error instanceof QueueFullError) return this.#refuse('busy', login, 'too many logins wait', context)
      const detail =
        error instanceof StoreError ? { error: error.message } : { error: error instanceof Error ? error.stack : String(error) }
      this.#log.error('login not checked', { ...facts(login, context), ...detail })
      return { ok: false, failure: 'unavailable' }
    }
  }

  async #check(login: string, password: string, authorize: string, context: LoginContext): Promise<LoginResult> {
    const { account, name, credentials } = await this.#candidate(login, context)
    const right = await this.#matching(account, name, credentials, password)
    if (account === undefined) return this.#refuse('bad-credentials', login, 'no such account', context)
    if (right === undefined) return this.#refuse('bad-credentials', login, 'wrong password', context)
    if (!account.enabled) return this.#refuse('bad-credentials', login, 'account disabled', context)
    if (!(await this.#mayActAs(account, authorize))) return this.#refuse('bad-credentials', login, `may not act as ${authorize}`, context)
    this.#directory.noteLogin(account.id, right.id, this.#clock.now())
    if (isWeaker(right.argon2)) void this.#strengthen(right, password)
    this.#log.info('logged in', { ...facts(login, context), account: account.id })
    return { ok: true, identity: { account: account.id, address: name } }
  }

  /** Who the name means: an account's own address, never an alias. */
  async #candidate(login: string, context: LoginContext): Promise<Candidate> {
    const found = await this.#find(login)
    const credentials = await this.#directory.credentials(found?.id ?? NOBODY)
    const now = this.#clock.now()
    const usable = credentials.filter(
      ({ protocols, expiresAt }) =>
        (protocols === undefined || protocols.includes(context.protocol)) && (expiresAt === undefined || expiresAt > now),
    )
    return { account: found, name: found === undefined ? login : formatAddress(found), credentials: usable }
  }

  async #find(login: string): Promise<Account | undefined> {
    const parts = parseLogin(login) ?? { localPart: '', domain: '' }
    const domain = parts.domain === '' ? ((await defaultDomain(this.#directory)) ?? '') : parts.domain
    const resolved = await this.#directory.resolve(parts.localPart, domain)
    return resolved?.via === 'account' ? resolved.account : undefined
  }

  /** The credential that the password fits. Where there is none to try, one hash is spent all the same. */
  async #matching(
    account: Account | undefined,
    name: string,
    credentials: readonly Credential[],
    password: string,
  ): Promise<Credential | undefined> {
    if (credentials.length === 0 || account === undefined) {
      await this.#verify(undefined, this.#successes.digest(name, NOBODYS_VERIFIER, password), NOBODYS_VERIFIER, password)
      return undefined
    }
    const digests = credentials.map((credential) => this.#successes.digest(name, credential.argon2, password))
    const known = credentials.find((_, index) => this.#successes.has(digests[index] ?? ''))
    if (known !== undefined) return known
    for (const [index, credential] of credentials.entries()) {
      if (await this.#verify(account.id, digests[index] ?? '', credential.argon2, password)) return credential
    }
    return undefined
  }

  #verify(account: AccountId | undefined, digest: string, verifier: string, password: string): Promise<boolean> {
    let running = this.#running.get(digest)
    if (running === undefined) {
      running = this.#hashing
        .verify(verifier, password)
        .then((right) => {
          if (right && account !== undefined) this.#successes.add(digest, account)
          return right
        })
        .finally(() => this.#running.delete(digest))
      this.#running.set(digest, running)
    }
    return running
  }

  /** RFC 4616 section 2: nobody acts as somebody else here. */
  async #mayActAs(account: Account, authorize: string): Promise<boolean> {
    return authorize === '' || (await this.#find(authorize))?.id === account.id
  }

  /** After the answer: the client does not wait for it, and a login does not fail by it. */
  async #strengthen(credential: Credential, password: string): Promise<void> {
    if (this.#strengthening.has(credential.id)) return
    this.#strengthening.add(credential.id)
    try {
      await this.#directory.rehash(credential.id, credential.argon2, await this.#hashing.hash(password))
      this.#log.info('verifier made stronger', { account: credential.account })
    } catch (error) {
      this.#log.warn('verifier not made stronger', { account: credential.account, error: String(error) })
    } finally {
      this.#strengthening.delete(credential.id)
    }
  }

  #refuse(failure: LoginFailure, login: string, reason: string, context: LoginContext): LoginResult {
    this.#log.warn('login refused', { ...facts(login, context), failure, reason })
    return { ok: false, failure }
  }
}

function facts(login: string, { protocol, remoteAddress, session }: LoginContext): object {
  return { session, protocol, remoteAddress, login: login.slice(0, 320) }
}
