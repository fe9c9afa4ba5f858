import { randomBytes } from 'node:crypto'
import { formatVerifier, makeVerifier, saslPrep, type ScramHash } from '@mailstead/sasl'
import type { ScramVerifiers } from '@mailstead/store'
import type { BoundedHashing } from './hashing.ts'
import { SALT_LENGTH, SCRAM_ITERATIONS } from './limits.ts'

export interface ScramOptions {
  /** SHA-1 too, for clients that know no better. */
  readonly sha1: boolean
  /** Tests only. */
  readonly iterations?: number
  /** Tests only: the server's part of the nonce. */
  readonly nonce?: () => string
}

/** What is kept of a new main password. */
export interface Verifiers {
  readonly argon2: string
  readonly scram: ScramVerifiers
}

export class VerifierMaker {
  readonly #hashing: BoundedHashing
  readonly #scram: ScramOptions | undefined

  constructor(hashing: BoundedHashing, scram: ScramOptions | undefined) {
    this.#hashing = hashing
    this.#scram = scram
  }

  /** `password` is prepared already. Waits its turn, and is never 'busy'. */
  async make(password: string): Promise<Verifiers> {
    const argon2 = await this.#hashing.hash(password)
    if (this.#scram === undefined) return { argon2, scram: {} }
    const sha256 = await this.#verifier('SHA-256', password)
    return { argon2, scram: this.#scram.sha1 ? { sha256, sha1: await this.#verifier('SHA-1', password) } : { sha256 } }
  }

  /**
   * RFC 5802 section 2.2 wants SASLprep here and not OpaqueString: it is what clients compute with. A password that has
   * no such form – with an emoji in it, say – is taken as it is, which is what clients do that do not prepare at all.
   */
  async #verifier(hash: ScramHash, password: string): Promise<string> {
    const iterations = this.#scram?.iterations ?? SCRAM_ITERATIONS
    const prepared = saslPrep(password)
    const secret = prepared === undefined || prepared === '' ? password : prepared
    return formatVerifier(hash, await this.#hashing.patiently(() => makeVerifier(hash, secret, randomBytes(SALT_LENGTH), iterations)))
  }
}
