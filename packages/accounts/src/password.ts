import { AccountError } from './errors.ts'
import { MAX_PASSWORD } from './limits.ts'

/**
 * The password as it is hashed, so that one typed on another keyboard is the same octets: the mapping rules of RFC
 * 8265 section 4.2.2 (OpaqueString), other spaces to U+0020 and NFC. Nothing is prohibited.
 */
export function preparePassword(password: string): string {
  return password.replaceAll(/\p{Zs}/gu, ' ').normalize('NFC')
}

/** A new password, prepared. Throws `bad-password` for one that no login could ever carry. */
export function newPassword(password: string): string {
  const prepared = preparePassword(password)
  if (prepared === '') throw new AccountError('bad-password', 'The password is empty')
  // RFC 4616 section 2: NUL ends a field; IMAP's LOGIN has no way to write it either.
  if (prepared.includes('\0')) throw new AccountError('bad-password', 'The password holds a NUL character')
  if (Buffer.byteLength(prepared) > MAX_PASSWORD)
    throw new AccountError('bad-password', `The password is longer than ${MAX_PASSWORD} octets`)
  return prepared
}
