/**
 * Headers are handled as strings of one character per octet (ISO 8859-1): nothing is lost on the way in or out,
 * and string functions are the fastest thing at hand.
 */
export function toText(octets: Uint8Array, start = 0, end = octets.length): string {
  return view(octets).toString('latin1', start, end)
}

export function toOctets(text: string): Uint8Array {
  return Buffer.from(text, 'latin1')
}

/** The same octets as a Buffer, for its search functions; nothing is copied. */
export function view(octets: Uint8Array): Buffer {
  return Buffer.isBuffer(octets) ? octets : Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength)
}

/** Without the white space at its ends that mail knows: `trim` would take the octet A0 too, which is half of a letter. */
export function trimBlanks(text: string): string {
  let start = 0
  while (start < text.length && isBlank(text.charCodeAt(start))) start++
  return trimBlanksEnd(text.slice(start))
}

export function trimBlanksEnd(text: string): string {
  let end = text.length
  while (end > 0 && isBlank(text.charCodeAt(end - 1))) end--
  return text.slice(0, end)
}

/** Space, tab, CR, LF. */
export function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === 0x0d || code === 0x0a
}
