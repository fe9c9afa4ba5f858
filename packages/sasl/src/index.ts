export type * from './credentials.ts'
export type * from './mechanism.ts'
export { decodeResponse, encodeChallenge } from './base64.ts'
export { findMechanism, mechanismsFor } from './registry.ts'
