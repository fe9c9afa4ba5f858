import { QueueFullError, type Logger } from '@mailstead/base'
import type { LoginContext, LoginResult } from '@mailstead/sasl'
import type { Account, AccountId, Credential, Directory } from '@mailstead/store'
import type { Doorkeeper } from './doorkeeper.ts'
import { isWeaker, NOBODYS_VERIFIER, type BoundedHashing } from './hashing.ts'
import { preparePassword } from './password.ts'
import type { Successes } from './successes.ts'

/** Answers the login mechanisms that bring a password. */
export class Login {
  readonly #directory: Directory
  readonly #door: Doorkeeper
  readonly #hashing: BoundedHashing
  readonly #successes: Successes
  readonly #log: Logger
  /** Attempts under way: the connections that a client opens together share one hash. */
  readonly #running = new Map<string, Promise<boolean>>()
  /** Credentials that get a stronger verifier just now: one hash for all the logins meanwhile. */
  readonly #strengthening = new Set<number>()

  constructor(directory: Directory, door: Doorkeeper, hashing: BoundedHashing, successes: Successes, log: Logger) {
    this.#directory = directory
    this.#door = door
    this.#hashing = hashing
    this.#successes = successes
    this.#log = log
  }

  async checkPassword(login: string, password: string, authorize: string, context: LoginContext): Promise<LoginResult> {
    if (!context.secure) return this.#door.refuse('encryption-required', login, 'not encrypted', context)
    try {
      return await this.#check(login, preparePassword(password), authorize, context)
    } catch (error) {
      if (error instanceof QueueFullError) return this.#door.refuse('busy', login, 'too many logins wait', context)
      return this.#door.failed(error, login, context)
    }
  }

  async #check(login: string, password: string, authorize: string, context: LoginContext): Promise<LoginResult> {
    const { account, name, credentials } = await this.#door.candidate(login, context)
    const right = await this.#matching(account, name, credentials, password)
    if (account === undefined) return this.#door.refuse('bad-credentials', login, 'no such account', context)
    if (right === undefined) return this.#door.refuse('bad-credentials', login, 'wrong password', context)
    const result = await this.#door.admit({ account, login, authorize, credential: right }, context)
    if (result.ok && isWeaker(right.argon2)) void this.#strengthen(right, password)
    return result
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
}
