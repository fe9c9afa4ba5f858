import { createHash, createHmac, pbkdf2, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import type { ScramHash, ScramVerifier } from '../credentials.ts'

const derive = promisify(pbkdf2)

/** By the name that stands in the mechanism's: what node:crypto calls it, and its length in octets. */
export const SCRAM_HASHES = {
  'SHA-256': { digest: 'sha256', length: 32 },
  'SHA-1': { digest: 'sha1', length: 20 },
} as const satisfies Record<ScramHash, { readonly digest: string; readonly length: number }>

/** RFC 5802 section 3. `password` is prepared already. Hi is PBKDF2, and runs off the event loop. */
export async function makeVerifier(hash: ScramHash, password: string, salt: Uint8Array, iterations: number): Promise<ScramVerifier> {
  const { digest, length } = SCRAM_HASHES[hash]
  const salted = await derive(password, salt, iterations, length, digest)
  const storedKey = createHash(digest)
    .update(hmac(hash, salted, 'Client Key'))
    .digest()
  return { salt, iterations, storedKey, serverKey: hmac(hash, salted, 'Server Key') }
}

/** Whether the proof was made of the password behind the verifier: it gives back the ClientKey whose hash is StoredKey. */
export function isProof(hash: ScramHash, { storedKey }: ScramVerifier, authMessage: string, proof: Uint8Array): boolean {
  const { digest, length } = SCRAM_HASHES[hash]
  if (proof.length !== length) return false
  const signature = hmac(hash, storedKey, authMessage)
  const clientKey = proof.map((octet, at) => octet ^ (signature[at] ?? 0))
  return timingSafeEqual(createHash(digest).update(clientKey).digest(), storedKey)
}

export function serverSignature(hash: ScramHash, { serverKey }: ScramVerifier, authMessage: string): string {
  return hmac(hash, serverKey, authMessage).toString('base64')
}

/** RFC 5803: `SCRAM-SHA-256$4096:salt$StoredKey:ServerKey`. */
export function formatVerifier(hash: ScramHash, { salt, iterations, storedKey, serverKey }: ScramVerifier): string {
  return `SCRAM-${hash}$${iterations}:${base64(salt)}$${base64(storedKey)}:${base64(serverKey)}`
}

/** What `formatVerifier` wrote; `undefined` when it is none of this hash. */
export function parseVerifier(hash: ScramHash, text: string): ScramVerifier | undefined {
  const [, name, iterations, ...keys] = /^SCRAM-(SHA-[0-9]+)\$([1-9][0-9]{0,8}):([^$:]+)\$([^$:]+):([^$:]+)$/.exec(text) ?? []
  const [salt, storedKey, serverKey] = keys.map((key) => Buffer.from(key, 'base64'))
  const { length } = SCRAM_HASHES[hash]
  if (name !== hash || salt === undefined || storedKey?.length !== length || serverKey?.length !== length) return undefined
  return { salt, iterations: Number(iterations), storedKey, serverKey }
}

function hmac(hash: ScramHash, key: Uint8Array, text: string): Buffer {
  return createHmac(SCRAM_HASHES[hash].digest, key).update(text).digest()
}

const base64 = (octets: Uint8Array): string => Buffer.from(octets).toString('base64')
