import { randomBytes } from 'node:crypto'
import { argon2id, hash, verify } from 'argon2'
import { QueueFullError, Semaphore } from '@mailstead/base'
import { ARGON2, HASH_LENGTH, MAX_WAITING_LOGINS, SALT_LENGTH } from './limits.ts'

/** The costly part, so that tests can count it. */
export interface Hasher {
  /** A PHC string. */
  hash(password: string): Promise<string>
  verify(phc: string, password: string): Promise<boolean>
}

export const argon2Hasher: Hasher = {
  hash: (password) => hash(password, { ...ARGON2, type: argon2id, hashLength: HASH_LENGTH, salt: randomBytes(SALT_LENGTH) }),
  verify,
}

/** How verifiers of today's cost begin. The library writes the parameters in the order of their letters. */
const TODAYS = `$argon2id$v=19$m=${ARGON2.memoryCost},p=${ARGON2.parallelism},t=${ARGON2.timeCost}`

/** A verifier of the same cost that no password fits, for names that do not exist. */
export const NOBODYS_VERIFIER: string = [TODAYS, unpadded(randomBytes(SALT_LENGTH)), unpadded(randomBytes(HASH_LENGTH))].join('$')

/** Made with less than today's cost, or by another function. */
export function isWeaker(phc: string): boolean {
  if (phc.startsWith(TODAYS) && phc[TODAYS.length] === '$') return false
  const [, parameters] = /^\$argon2id\$v=19\$([mtp]=\d+(?:,[mtp]=\d+)*)\$/.exec(phc) ?? []
  if (parameters === undefined) return true
  const cost = new Map(parameters.split(',').map((item) => [item.charAt(0), Number(item.slice(2))]))
  const least = { m: ARGON2.memoryCost, t: ARGON2.timeCost, p: ARGON2.parallelism }
  return Object.entries(least).some(([name, value]) => (cost.get(name) ?? 0) < value)
}

/**
 * argon2 under two bounds: it never holds more than half of the threads that file reads and name look-ups share with
 * it, and logins queue up to `MAX_WAITING_LOGINS`. Administration waits for as long as it takes, with at most as many
 * tasks in that queue as there are slots, so that an import of hundreds delays a login by two hashes and not by all.
 */
export class BoundedHashing {
  readonly #hasher: Hasher
  readonly #slots: Semaphore
  readonly #patient: Semaphore
  #logins = 0

  constructor(hasher: Hasher, slots: number = halfThePool()) {
    this.#hasher = hasher
    this.#slots = new Semaphore(slots)
    this.#patient = new Semaphore(slots)
  }

  /** For a login. Throws `QueueFullError` when too many wait. */
  async verify(phc: string, password: string): Promise<boolean> {
    if (this.#logins >= MAX_WAITING_LOGINS) throw new QueueFullError('too many logins wait for a hash')
    this.#logins++
    try {
      return await this.#slots.run(() => this.#hasher.verify(phc, password))
    } finally {
      this.#logins--
    }
  }

  hash(password: string): Promise<string> {
    return this.patiently(() => this.#hasher.hash(password))
  }

  verifyPatiently(phc: string, password: string): Promise<boolean> {
    return this.patiently(() => this.#hasher.verify(phc, password))
  }

  /** Other work for a thread of the pool, under the same bounds. */
  patiently<T>(work: () => Promise<T>): Promise<T> {
    return this.#patient.run(() => this.#slots.run(work))
  }
}

/** libuv reads UV_THREADPOOL_SIZE once; 4 without it. */
function halfThePool(): number {
  const size = Number.parseInt(process.env['UV_THREADPOOL_SIZE'] ?? '4', 10)
  return Math.max(1, Math.floor((Number.isNaN(size) ? 4 : size) / 2))
}

function unpadded(octets: Buffer): string {
  return octets.toString('base64').replace(/=+$/, '')
}
