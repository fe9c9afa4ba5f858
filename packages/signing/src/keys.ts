import { createPrivateKey, generateKeyPair, type KeyObject, type KeyPairKeyObjectResult } from 'node:crypto'
import { TXT_STRING } from './limits.ts'
import type { Algorithm } from './tags.ts'

export interface KeyPair {
  readonly algorithm: Algorithm
  /** PKCS #8, DER. */
  readonly privateKey: Uint8Array
  /** The value of `p` in the record, in base64. */
  readonly publicKey: string
}

/** Both algorithms that are signed with: verifiers that do not know RFC 8463 are many. */
export const ALGORITHMS: readonly Algorithm[] = ['rsa-sha256', 'ed25519-sha256']

/** RFC 8301 section 3.2: what more than 2048 bits would give is lost to records that do not fit a datagram. */
const RSA_BITS = 2048

/** A new pair; RSA takes some 100 ms, in a thread of libuv's pool. */
export function makeKeyPair(algorithm: Algorithm): Promise<KeyPair> {
  const { promise, resolve, reject } = Promise.withResolvers<KeyPair>()
  const made = (error: Error | null, publicKey: KeyObject, privateKey: KeyObject): void => {
    if (error === null) resolve(exported(algorithm, { publicKey, privateKey }))
    else reject(error)
  }
  if (algorithm === 'rsa-sha256') generateKeyPair('rsa', { modulusLength: RSA_BITS }, made)
  else generateKeyPair('ed25519', {}, made)
  return promise
}

function exported(algorithm: Algorithm, { publicKey, privateKey }: KeyPairKeyObjectResult): KeyPair {
  return {
    algorithm,
    privateKey: privateKey.export({ type: 'pkcs8', format: 'der' }),
    // RFC 8463 section 4.2: the bare 32 octets, where RSA has a SubjectPublicKeyInfo (RFC 6376 section 3.6.1).
    publicKey:
      algorithm === 'rsa-sha256'
        ? publicKey.export({ type: 'spki', format: 'der' }).toString('base64')
        : Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url').toString('base64'),
  }
}

/** Throws when `der` is no private key in PKCS #8. */
export function readPrivateKey(der: Uint8Array): KeyObject {
  return createPrivateKey({ key: Buffer.from(der), format: 'der', type: 'pkcs8' })
}

export interface KeyRecord {
  /** `2026-rsa._domainkey.example.org` */
  readonly name: string
  /** The whole value of the TXT record. */
  readonly value: string
  /** As a line of a zone file. */
  readonly line: string
}

/** The DNS record by which others find the key (RFC 6376 section 3.6.2). Only SHA-256 is taken with it; no service is named, since reports on TLS name another (RFC 8460 section 3). */
export function keyRecord(domain: string, selector: string, { algorithm, publicKey }: Omit<KeyPair, 'privateKey'>): KeyRecord {
  const kind = algorithm === 'rsa-sha256' ? 'rsa' : 'ed25519'
  const name = `${selector}._domainkey.${domain}`
  const value = `v=DKIM1; h=sha256; k=${kind}; p=${publicKey}`
  const strings = value.match(new RegExp(`.{1,${TXT_STRING}}`, 'g')) ?? []
  return { name, value, line: `${name}. IN TXT ( ${strings.map((text) => `"${text}"`).join(' ')} )` }
}
