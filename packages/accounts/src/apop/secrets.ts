import { randomBytes } from 'node:crypto'
import type { AccountId, Directory } from '@mailstead/store'
import { APOP_SECRET_LENGTH } from '../limits.ts'
import { KEY_LENGTH, seal, unseal } from './seal.ts'

/** Where the key of all APOP secrets is: outside of the database, so that a copy of that alone opens none. Rejects where it cannot be read. */
export interface ApopKey {
  /** `undefined`: there is none yet. */
  read(): Promise<Uint8Array | undefined>
  /** The one that is there, else a new one that is on disk then. */
  make(): Promise<Uint8Array>
}

/** `none`: the account has none. `closed`: the key is not the one it was sealed with. */
export type Opened = { readonly kind: 'open'; readonly secret: string } | { readonly kind: 'none' | 'closed' }

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567'

/** The secrets of accounts that may log in by APOP: made here, never chosen, and good for nothing else. */
export class ApopSecrets {
  readonly #directory: Directory
  readonly #key: ApopKey
  /** Opened where an account has none, so that this takes no less time. */
  readonly #nobodys = seal('x'.repeat(APOP_SECRET_LENGTH), randomBytes(KEY_LENGTH), '')
  readonly #noKey = randomBytes(KEY_LENGTH)

  constructor(directory: Directory, key: ApopKey) {
    this.#directory = directory
    this.#key = key
  }

  /** A new secret in place of the old one, told this once: letters and digits, 5 bits each. Rejects with `StoreError`. */
  async make(id: AccountId): Promise<string> {
    const secret = Array.from(randomBytes(APOP_SECRET_LENGTH), (octet) => ALPHABET[octet % ALPHABET.length]).join('')
    await this.#directory.setApopSecret(id, seal(secret, await this.#key.make(), placeOf(id)))
    return secret
  }

  async remove(id: AccountId): Promise<void> {
    await this.#directory.setApopSecret(id, undefined)
  }

  async has(id: AccountId): Promise<boolean> {
    return (await this.#directory.apopSecret(id)) !== undefined
  }

  /** Rejects with `StoreError`, or when the key cannot be read. */
  async open(id: AccountId): Promise<Opened> {
    const key = await this.#key.read()
    const sealed = await this.#directory.apopSecret(id)
    const secret = unseal(sealed ?? this.#nobodys, key ?? this.#noKey, placeOf(id))
    if (sealed === undefined) return { kind: 'none' }
    return secret === undefined ? { kind: 'closed' } : { kind: 'open', secret }
  }
}

/** A secret that is moved to another account's row does not open. */
function placeOf(id: AccountId): string {
  return `apop ${id}`
}
