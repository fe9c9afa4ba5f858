import { hash } from 'node:crypto'

/** Octets that stand for a message id. */
export const ID_OCTETS = 16

/** The first octets of SHA-256. Ids have an octet per character, or any text at all. */
export function idHash(id: string): Uint8Array {
  return hash('sha256', id, 'buffer').subarray(0, ID_OCTETS)
}
