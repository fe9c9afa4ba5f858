import { createHash, createHmac, pbkdf2, randomBytes, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { saslPrep } from '@mailstead/sasl'
import { MAX_SCRAM_ROUNDS } from '../limits.ts'
import type { Login } from './credentials.ts'

const derive = promisify(pbkdf2)

const HASHES = { 'SCRAM-SHA-256': ['sha256', 32], 'SCRAM-SHA-1': ['sha1', 20] } as const
export type ScramName = keyof typeof HASHES

/** The client's side of SCRAM without channel binding, RFC 5802 section 3. */
export class ScramLogin {
  readonly #hash: string
  readonly #length: number
  readonly #password: string
  readonly #bare: string
  readonly #nonce: string
  #expected: Buffer | undefined
  #proven = false

  constructor(name: ScramName, { user, password }: Login, nonce = randomBytes(18).toString('base64')) {
    ;[this.#hash, this.#length] = HASHES[name]
    this.#password = saslPrep(password) ?? password
    this.#nonce = nonce
    this.#bare = `n=${(saslPrep(user) ?? user).replaceAll('=', '=3D').replaceAll(',', '=2C')},r=${nonce}`
  }

  /** The server has shown that it knows the password too. */
  get proven(): boolean {
    return this.#proven
  }

  first(): string {
    return `n,,${this.#bare}`
  }

  async next(challenge: string): Promise<string> {
    return this.#expected === undefined ? this.#final(challenge) : this.#conclude(challenge, this.#expected)
  }

  async #final(challenge: string): Promise<string> {
    const [, nonce, salt, digits] = /^r=([!-+\--~]+),s=([A-Za-z0-9+/=]+),i=([1-9]\d{0,8})(?:,|$)/.exec(challenge) ?? []
    if (nonce === undefined || salt === undefined || !nonce.startsWith(this.#nonce) || nonce === this.#nonce)
      throw new Error('no first message of SCRAM')
    const rounds = Number(digits)
    if (rounds > MAX_SCRAM_ROUNDS) throw new Error(`SCRAM with ${rounds} rounds`)
    const salted = await derive(this.#password, Buffer.from(salt, 'base64'), rounds, this.#length, this.#hash)
    const withoutProof = `c=biws,r=${nonce}`
    const messages = `${this.#bare},${challenge},${withoutProof}`
    const clientKey = this.#mac(salted, 'Client Key')
    const signature = this.#mac(createHash(this.#hash).update(clientKey).digest(), messages)
    this.#expected = this.#mac(this.#mac(salted, 'Server Key'), messages)
    return `${withoutProof},p=${Buffer.from(clientKey.map((octet, at) => octet ^ (signature[at] ?? 0))).toString('base64')}`
  }

  #conclude(challenge: string, expected: Buffer): string {
    const [, text = ''] = /^v=([A-Za-z0-9+/=]+)(?:,|$)/.exec(challenge) ?? []
    const given = Buffer.from(text, 'base64')
    this.#proven = given.length === expected.length && timingSafeEqual(given, expected)
    if (!this.#proven) throw new Error('the server does not know the password')
    return ''
  }

  #mac(key: Uint8Array, text: string): Buffer {
    return createHmac(this.#hash, key).update(text).digest()
  }
}
