import { isIP } from 'node:net'
import { plainAddress } from './address.ts'

/** What a proxy says of the connection it passes on; `undefined` addresses: its own, a health check. */
export interface ProxyHeader {
  /** Octets that the header takes. */
  readonly length: number
  readonly client: { readonly address: string; readonly port: number } | undefined
}

/** `more`: not whole yet. `bad`: no PROXY header. */
export type ProxyParse = ProxyHeader | 'more' | 'bad'

/** The longest line of version 1, with its CRLF. */
const MAX_V1 = 107
const V1 = Buffer.from('PROXY ')
const V2 = Buffer.from([0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a])
const V2_FIXED = 16

/** Reads the header of the PROXY protocol, version 1 or 2 (haproxy's proxy-protocol.txt, section 2), at the start of `octets`. */
export function parseProxyHeader(octets: Buffer): ProxyParse {
  if (startsLike(octets, V1)) return octets.length < V1.length ? 'more' : parseV1(octets)
  if (startsLike(octets, V2)) return octets.length < V2_FIXED ? 'more' : parseV2(octets)
  return 'bad'
}

/** Whether one is the beginning of the other. */
function startsLike(octets: Buffer, signature: Buffer): boolean {
  const length = Math.min(octets.length, signature.length)
  return octets.subarray(0, length).equals(signature.subarray(0, length))
}

/** "PROXY" SP ("TCP4" / "TCP6") SP source SP destination SP port SP port CRLF, or "PROXY UNKNOWN" and anything. */
function parseV1(octets: Buffer): ProxyParse {
  const end = octets.subarray(0, MAX_V1).indexOf('\r\n')
  if (end === -1) return octets.length < MAX_V1 ? 'more' : 'bad'
  const [, family, source = '', destination = '', sourcePort = '', destinationPort = '', ...more] = octets
    .toString('latin1', 0, end)
    .split(' ')
  const length = end + 2
  if (family === 'UNKNOWN') return { length, client: undefined }
  const version = family === 'TCP4' ? 4 : family === 'TCP6' ? 6 : 0
  const sound = isIP(source) === version && isIP(destination) === version && isPort(sourcePort) && isPort(destinationPort)
  if (version === 0 || !sound || more.length > 0) return 'bad'
  return { length, client: { address: plainAddress(source), port: Number(sourcePort) } }
}

function isPort(text: string): boolean {
  return /^(0|[1-9]\d{0,4})$/.test(text) && Number(text) <= 65_535
}

/** Signature, version and command, family, length, addresses, and TLVs that nobody here needs. */
function parseV2(octets: Buffer): ProxyParse {
  const versionAndCommand = octets.readUInt8(12)
  const family = octets.readUInt8(13)
  const length = V2_FIXED + octets.readUInt16BE(14)
  const command = versionAndCommand & 0x0f
  if (versionAndCommand >> 4 !== 2 || command > 1) return 'bad'
  if (octets.length < length) return 'more'
  if (command === 0) return { length, client: undefined }
  const body = octets.subarray(V2_FIXED, length)
  // TCP over IPv4 and IPv6; the rest (UNSPEC, datagrams, Unix sockets) is no client of ours.
  if (family === 0x11 && body.length >= 12)
    return { length, client: { address: body.subarray(0, 4).join('.'), port: body.readUInt16BE(8) } }
  if (family === 0x21 && body.length >= 36) return { length, client: { address: ipv6(body), port: body.readUInt16BE(32) } }
  return family === 0 ? { length, client: undefined } : 'bad'
}

/** In the form that Node gives: shortest, in lower case, and an IPv4 address as what it is. */
function ipv6(octets: Buffer): string {
  const groups = Array.from({ length: 8 }, (_, index) => octets.readUInt16BE(2 * index))
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) return octets.subarray(12, 16).join('.')
  return new URL(`http://[${groups.map((group) => group.toString(16)).join(':')}]/`).hostname.slice(1, -1)
}
