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
