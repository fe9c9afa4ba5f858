import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'

/** AES-256-GCM with a random nonce of 12 octets and a tag of 16 (NIST SP 800-38D). */
const CIPHER = 'aes-256-gcm'
const NONCE = 12
const TAG = 16

/** Octets of a key. */
export const KEY_LENGTH = 32

/** Of the layout below; another one gets another number. */
const VERSION = 1

/** `secret` under `key`, for `place` alone: version, nonce, ciphertext, tag. */
export function seal(secret: string, key: Uint8Array, place: string): Uint8Array {
  const nonce = randomBytes(NONCE)
  const cipher = createCipheriv(CIPHER, key, nonce).setAAD(Buffer.from(place))
  return Buffer.concat([Buffer.of(VERSION), nonce, cipher.update(secret, 'utf8'), cipher.final(), cipher.getAuthTag()])
}

/** What was sealed; `undefined` when it was under another key, for another place, or has been changed. */
export function unseal(sealed: Uint8Array, key: Uint8Array, place: string): string | undefined {
  if (sealed[0] !== VERSION || sealed.length < 1 + NONCE + TAG) return undefined
  const decipher = createDecipheriv(CIPHER, key, sealed.subarray(1, 1 + NONCE))
    .setAAD(Buffer.from(place))
    .setAuthTag(sealed.subarray(-TAG))
  try {
    return Buffer.concat([decipher.update(sealed.subarray(1 + NONCE, -TAG)), decipher.final()]).toString()
  } catch {
    return undefined
  }
}
