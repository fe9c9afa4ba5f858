import { isIPv4, isIPv6 } from 'node:net'
import { domainToASCII } from 'node:url'
import { ipv6Groups } from '@mailstead/base'

/** In A-labels, lower case, without a final dot; `undefined` when it cannot stand in DNS. */
export function dnsName(name: string): string | undefined {
  const bare = name.endsWith('.') ? name.slice(0, -1) : name
  // What is ASCII stays as it is: domainToASCII would read 1.2 as an address.
  const ascii = /^[\x21-\x7e]*$/.test(bare) ? bare.toLowerCase() : domainToASCII(bare)
  const labels = ascii.split('.')
  const sound = ascii !== '' && ascii.length <= 253 && labels.every((label) => /^[^\s.\\]{1,63}$/.test(label))
  return sound ? ascii : undefined
}

/**
 * An address turned round, as `in-addr.arpa`, `ip6.arpa` (RFC 1035 section 3.5, RFC 3596 section 2.5) and block lists (RFC 5782
 * section 2) have it. Expects an address that `net.isIP` knows.
 */
export function reversed(address: string): string {
  if (isIPv4(address)) return address.split('.').reverse().join('.')
  const nibbles = ipv6Groups(address).flatMap((group) => group.padStart(4, '0').split(''))
  return nibbles.reverse().join('.')
}

/** The name whose PTR record names the address. */
export function reverseName(address: string): string {
  return `${reversed(address)}.${isIPv6(address) ? 'ip6' : 'in-addr'}.arpa`
}
