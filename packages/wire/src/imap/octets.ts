const BACKSLASH = 0x5c

/** A character an octet. */
export function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
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
