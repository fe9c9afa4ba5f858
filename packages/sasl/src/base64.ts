const CANCEL = '*'
const EMPTY = '='

/**
 * A response line of any of the protocols: octets, or `cancel` for `*` (RFC 3501 section 6.2.2, RFC 4954 section 4,
 * RFC 5034 section 4), or `malformed`. `=` and the empty line both mean no octets. Strict as RFC 4648 section 3:
 * no white space, no foreign letters, padding complete and its bits zero.
 */
export function decodeResponse(text: string): Uint8Array | 'cancel' | 'malformed' {
  if (text === CANCEL) return 'cancel'
  if (text === '' || text === EMPTY) return new Uint8Array(0)
  if (text.length % 4 !== 0) return 'malformed'
  const octets = Buffer.from(text, 'base64')
  // Node skips what it cannot read, so only a text that comes out again was base64.
  return octets.toString('base64') === text ? new Uint8Array(octets) : 'malformed'
}

/** A challenge as it stands on the wire behind `+ ` or `334 `; empty for no octets. */
export function encodeChallenge(data: Uint8Array): string {
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64')
}
