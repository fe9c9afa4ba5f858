import { isIP } from 'node:net'
import { domainToASCII } from 'node:url'

/** A host name as dNSName takes it: A-labels of letters, digits and hyphens (RFC 5280 section 4.2.1.6). */
const HOST = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/

/** What a certificate of ours is valid for: the names given, `localhost` and loopback. Names that no certificate can hold are left out. */
export function certificateNames(hostName: string, names: readonly string[]): string[] {
  const wanted = [hostName, ...names, 'localhost', '127.0.0.1', '::1'].map((name) => (isIP(name) === 0 ? domainToASCII(name) : name))
  return [...new Set(wanted)].filter((name) => isIP(name) !== 0 || HOST.test(name))
}
