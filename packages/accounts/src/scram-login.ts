import { createHmac, randomBytes } from 'node:crypto'
import type { Logger } from '@mailstead/base'
import {
  parseVerifier,
  SCRAM_HASHES,
  type LoginContext,
  type LoginResult,
  type Refusal,
  type ScramCandidate,
  type ScramCredentials,
  type ScramHash,
  type ScramVerdict,
  type ScramVerifier,
} from '@mailstead/sasl'
import type { Credential, Directory, WithoutScram } from '@mailstead/store'
import { formatAddress } from './address.ts'
import type { Candidate, Doorkeeper } from './doorkeeper.ts'
import { SALT_LENGTH, SCRAM_ITERATIONS, SCRAM_NONCE_LENGTH } from './limits.ts'
import type { ScramOptions } from './verifiers.ts'

/** Where a hash has its column. */
const COLUMN = { 'SHA-256': 'sha256', 'SHA-1': 'sha1' } as const satisfies Record<ScramHash, string>

const REASON = {
  'wrong-proof': 'wrong password',
  downgraded: 'the client was told of no channel binding: is somebody in between?',
  'binding-not-supported': 'a type of channel binding that this connection does not have',
  'binding-mismatch': 'the channel binding does not fit: is somebody in between?',
} as const satisfies Record<Exclude<ScramVerdict, 'proven'>, string>

/** Answers SCRAM. It knows one salt for a login name, so only main passwords have verifiers. */
export class ScramLogin implements ScramCredentials {
  readonly #directory: Directory
  readonly #door: Doorkeeper
  readonly #options: ScramOptions
  readonly #log: Logger
  #secret: Promise<Uint8Array> | undefined
  /** Enabled accounts without a verifier; unknown at first. */
  readonly #missing = new Map<ScramHash, number>()
  #changed = false
  #counting: Promise<void> | undefined

  constructor(directory: Directory, door: Doorkeeper, options: ScramOptions, log: Logger) {
    this.#directory = directory
    this.#door = door
    this.#options = options
    this.#log = log
  }

  offers(hash: ScramHash): boolean {
    return this.#missing.get(hash) === 0
  }

  /** Counts anew who has no verifier: due at the start and when an account has changed. */
  recount(): Promise<void> {
    this.#changed = true
    this.#counting ??= this.#count().finally(() => (this.#counting = undefined))
    return this.#counting
  }

  async #count(): Promise<void> {
    while (this.#changed) {
      this.#changed = false
      try {
        for (const hash of this.#hashes) this.#note(hash, await this.#directory.withoutScram(COLUMN[hash]))
      } catch (error) {
        this.#log.warn('accounts without SCRAM verifier not counted', { error: String(error) })
      }
    }
  }

  get #hashes(): readonly ScramHash[] {
    return this.#options.sha1 ? ['SHA-256', 'SHA-1'] : ['SHA-256']
  }

  #note(hash: ScramHash, { count, some }: WithoutScram): void {
    const before = this.#missing.get(hash)
    this.#missing.set(hash, count)
    if (count === 0 && before !== 0) this.#log.info('SCRAM is offered', { hash })
    // Told anew as it changes: an administrator works down the list.
    if (count > 0 && count !== before) {
      this.#log.warn('SCRAM is not offered: passwords older than auth.scram', { hash, accounts: count, some })
    }
  }

  async find(login: string, hash: ScramHash, context: LoginContext): Promise<ScramCandidate | Refusal> {
    try {
      const candidate = await this.#door.candidate(login, context)
      const main = candidate.credentials.find(({ kind }) => kind === 'main')
      const own = parseVerifier(hash, main?.scram[COLUMN[hash]] ?? '')
      const nobodys = await this.#nobodys(candidate, login, hash)
      return {
        ok: true,
        verifier: own ?? nobodys,
        nonce: this.#options.nonce?.() ?? randomBytes(SCRAM_NONCE_LENGTH).toString('base64'),
        conclude: (verdict, authorize) =>
          this.#conclude(own === undefined ? undefined : main, candidate, verdict, { login, authorize, context }),
      }
    } catch (error) {
      return this.#door.failed(error, login, context)
    }
  }

  async #conclude(
    credential: Credential | undefined,
    { account }: Candidate,
    verdict: ScramVerdict,
    { login, authorize, context }: { readonly login: string; readonly authorize: string; readonly context: LoginContext },
  ): Promise<LoginResult> {
    const refuse = (reason: string): Refusal => this.#door.refuse('bad-credentials', login, reason, context)
    try {
      if (account === undefined) return refuse('no such account')
      if (verdict !== 'proven') return refuse(credential === undefined ? 'no SCRAM verifier' : REASON[verdict])
      if (credential === undefined) return refuse('no SCRAM verifier')
      return await this.#door.admit({ account, login, authorize, credential }, context)
    } catch (error) {
      return this.#door.failed(error, login, context)
    }
  }

  /** No proof fits it. Its salt is the name's own for good, in whatever case and form it is written, as with real ones. */
  async #nobodys({ account }: Candidate, login: string, hash: ScramHash): Promise<ScramVerifier> {
    this.#secret ??= this.#directory.secret('scram-salt')
    const secret = await this.#secret.catch((error: unknown) => {
      this.#secret = undefined
      throw error
    })
    const name = account ?? (await this.#door.fullName(login))
    const key = (name.localPart === '' ? login : formatAddress(name)).normalize('NFC').toLowerCase()
    const { length } = SCRAM_HASHES[hash]
    return {
      salt: createHmac('sha256', secret).update(`${hash} ${key}`).digest().subarray(0, SALT_LENGTH),
      iterations: this.#options.iterations ?? SCRAM_ITERATIONS,
      storedKey: randomBytes(length),
      serverKey: randomBytes(length),
    }
  }
}
