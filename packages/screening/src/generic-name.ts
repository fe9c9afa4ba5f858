import { isIPv6 } from 'node:net'
import { ipv6Groups } from '@mailstead/base'

/** As whole parts of a name, which `.`, `-` and `_` separate. */
const WORDS = /^(?:dyn|dynamic|dynip|dhcp|dialup|dialin|dial|ppp|pppoe|adsl|vdsl|xdsl|dsl|cable|pool|broadband|cust|customer|mobile)\d*$/

/** Whether a provider gave the name to the line, rather than somebody to a server: it holds the whole address, or says that the address is lent. */
export function isGenericName(name: string, address: string): boolean {
  const parts = name.toLowerCase().split(/[._-]/)
  return parts.some((part) => WORDS.test(part)) || (isIPv6(address) ? holdsIpv6(parts, address) : holdsIpv4(parts, address))
}

/** In order or turned round: `192-0-2-1`, `ip192.0.2.1`, `192000002001`, `c0000201`. */
function holdsIpv4(parts: readonly string[], address: string): boolean {
  const octets = address.split('.').map(Number)
  const spaced = ` ${parts.map((part) => part.replaceAll(/[a-z]+/g, ' ')).join(' ')} `.replaceAll(/ 0+(?=\d)/g, ' ').replaceAll(/ +/g, ' ')
  const written = [octets, octets.toReversed()].flatMap((order) => [
    order.map((octet) => String(octet).padStart(3, '0')).join(''),
    order.map((octet) => octet.toString(16).padStart(2, '0')).join(''),
  ])
  return (
    [octets, octets.toReversed()].some((order) => spaced.includes(` ${order.join(' ')} `)) ||
    parts.some((part) => written.some((form) => part.includes(form)))
  )
}

/** The last four groups, in whatever way they are written. */
function holdsIpv6(parts: readonly string[], address: string): boolean {
  const groups = ipv6Groups(address)
  const own = groups.slice(4)
  const dashed = parts.map((part) => part.replace(/^0+(?=.)/, '')).join(' ')
  if (own.every((group) => group === '0')) return false
  return ` ${dashed} `.includes(` ${own.join(' ')} `) || parts.join('').includes(own.map((group) => group.padStart(4, '0')).join(''))
}
