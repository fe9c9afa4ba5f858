import type { Identity } from '@mailstead/sasl'
import type { Maildrop } from './maildrop.ts'

/** RFC 1939 section 3. A command returns the next session when it changes it. UPDATE is what QUIT does, nothing stays in it. */
export type Session = Authorization | Transaction

export interface Authorization {
  readonly state: 'authorization'
  /** Named by the USER just before; PASS may only follow at once. */
  readonly user: string | undefined
}

export interface Transaction {
  readonly state: 'transaction'
  readonly identity: Identity
  readonly maildrop: Maildrop
}

export const STRANGER: Authorization = { state: 'authorization', user: undefined }
