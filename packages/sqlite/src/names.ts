import { OTHER_USERS, SEPARATOR, StoreError } from '@mailstead/store'
import { MAX_DEPTH, MAX_NAME } from './limits.ts'

export const INBOX = 'INBOX'

/** The account of annotations that nobody has to himself. */
export const SHARED = 0

/**
 * The name as the store keeps it: NFC, and INBOX in capitals where it is the first level, so that `inbox/a` and
 * `INBOX/a` are one mailbox (RFC 9051 section 5.1 makes INBOX itself case-insensitive).
 */
export function canonicalName(name: string): string {
  const levels = name.normalize('NFC').split(SEPARATOR)
  if (levels[0]?.toUpperCase() === INBOX) levels[0] = INBOX
  return levels.join(SEPARATOR)
}

/** `canonicalName` of a name that a mailbox may be given; throws `mailbox-not-allowed`. */
export function newName(name: string): string {
  const canonical = canonicalName(name)
  const levels = canonical.split(SEPARATOR)
  if (levels.includes('')) throw notAllowed('A level of the name is empty')
  if (levels[0] === OTHER_USERS) throw notAllowed(`The mailboxes of others stand below ${OTHER_USERS}`)
  if (levels.length > MAX_DEPTH) throw notAllowed('The name has too many levels')
  if (Buffer.byteLength(canonical) > MAX_NAME) throw notAllowed('The name is too long')
  // RFC 5198 section 2, as RFC 9051 section 5.1 asks: no control characters, no line separators. Lone surrogates are no UTF-8.
  if (/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/.test(canonical) || !canonical.isWellFormed()) {
    throw notAllowed('The name holds a character that is not allowed')
  }
  return canonical
}

/** A mailbox of somebody else, as an actor names it. */
export interface ForeignName {
  readonly localKey: string
  readonly domain: string
  /** The owner's own name of it, canonical. */
  readonly name: string
}

/** `Other Users/ann@example.org/Projects`; `undefined`: the name is the actor's own. What names no mailbox at all has an empty `name`. */
export function foreignName(name: string): ForeignName | undefined {
  const [first, level = '', ...rest] = name.normalize('NFC').split(SEPARATOR)
  if (first !== OTHER_USERS) return undefined
  const address = level.replace(/=([0-9A-F]{2})/g, (_, digits: string) => String.fromCharCode(parseInt(digits, 16)))
  const at = address.lastIndexOf('@')
  return {
    localKey: localKey(address.slice(0, Math.max(at, 0))),
    domain: address.slice(at + 1).toLowerCase(),
    name: canonicalName(rest.join(SEPARATOR)),
  }
}

/** `a/b/c` → `a`, `a/b`. */
export function superiors(name: string): string[] {
  const levels = name.split(SEPARATOR)
  return levels.slice(1).map((_, index) => levels.slice(0, index + 1).join(SEPARATOR))
}

/** What addresses are compared by. */
export function localKey(localPart: string): string {
  return localPart.normalize('NFC').toLowerCase()
}

/** What whole addresses are compared by: `jörg@example.org`. */
export function addressKey(address: string): string {
  const at = address.lastIndexOf('@')
  return `${localKey(address.slice(0, at))}${address.slice(at).toLowerCase()}`
}

function notAllowed(message: string): StoreError {
  return new StoreError('mailbox-not-allowed', message)
}
