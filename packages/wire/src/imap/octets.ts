/** Octets that the grammar names. */
export const SP = 0x20
export const QUOTE = 0x22
export const ASTERISK = 0x2a
export const COMMA = 0x2c
export const COLON = 0x3a
export const BACKSLASH = 0x5c
export const LEFT_BRACE = 0x7b
export const RIGHT_BRACE = 0x7d
export const TILDE = 0x7e
export const CR = 0x0d
export const LF = 0x0a

/** A character an octet. */
export function latin1(bytes: Uint8Array, start = 0, end = bytes.length): string {
  const buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  return buffer.toString('latin1', start, end)
}

/** Content of a quoted string without its `escapes` backslashes. */
export function unescape(inner: Uint8Array, escapes: number): Uint8Array {
  const plain = new Uint8Array(inner.length - escapes)
  let to = 0
  for (let from = 0; from < inner.length; from++) {
    if (inner[from] === BACKSLASH) from++
    plain[to++] = inner[from] ?? 0
  }
  return plain
}
