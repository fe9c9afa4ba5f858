import { hash } from 'node:crypto'

/** Keys of no longer a time stand in one slot. */
export const SLOT_MS = 3600 * 1000
/** Octets of a hash: as many as a number holds. */
const OCTETS = 6

/** What an address or a Message-ID is looked up by; whoever finds it compares the text too. */
export function keyHash(text: string): number {
  return hash('sha256', text.toLowerCase(), 'buffer').readUIntBE(0, OCTETS)
}
