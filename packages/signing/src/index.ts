export { MessageDigest, type DigestedMessage } from './digest.ts'
export { signMessage } from './dkim.ts'
export { ALGORITHMS, keyRecord, makeKeyPair, readPrivateKey, txtStrings, type KeyPair, type KeyRecord } from './keys.ts'
export type { Algorithm, SigningKey } from './tags.ts'
