import { LineCheck, NulCheck, SevenBitCheck, type OctetCheck } from '../octet-check.ts'

/** Which parts have to be written in another encoding. */
export interface ReencodeRule {
  /** Of a part's content, and of everything that stays as it is. */
  readonly check: () => OctetCheck
  /** Parts that call themselves binary are encoded whatever they hold. */
  readonly binary: boolean
  /**
   * No octet above 127 may be left: header fields are written in ASCII, text as quoted-printable where that is shorter, and labels say 7bit. `unknown`:
   * octets of a field that are no UTF-8 are kept in the charset of that name (RFC 1428).
   */
  readonly sevenBits?: { readonly unknown: boolean }
}

/** No other item of FETCH than BINARY can give NUL back (RFC 3516 section 4.4). */
export const WITHOUT_NUL: ReencodeRule = { check: () => new NulCheck(), binary: false }

/** A binary message (RFC 3030) as one that every mail program takes; no line longer than `maxLine`. */
export const asLines = (maxLine: number): ReencodeRule => ({ check: () => new LineCheck(maxLine), binary: true })

/** A message that every server takes (RFC 6152 section 3). `maxLine`: lines are looked at too, as `asLines` does. */
export const inSevenBits = (unknown: boolean, maxLine?: number): ReencodeRule => ({
  check: () => new SevenBitCheck(maxLine),
  binary: true,
  sevenBits: { unknown },
})

/**
 * `sealed`: it stands inside of what is signed or encrypted; `malformed`: in encoded text, between the parts, or where no encoding is allowed;
 * `address`: in a header, where an address or an id has no other form, or nobody can tell what it says.
 */
export class CannotReencode extends Error {
  override name = 'CannotReencode'
  readonly reason: 'sealed' | 'malformed' | 'address'

  constructor(reason: CannotReencode['reason']) {
    super(`What has to be encoded is ${reason === 'address' ? 'an address' : reason}`)
    this.reason = reason
  }
}
