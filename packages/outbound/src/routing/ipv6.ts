import { networkInterfaces } from 'node:os'
import { reverseName, type Resolver } from '@mailstead/resolver'

/** IPv6 addresses of this machine that others can see: neither loopback, link-local nor unique local ones. */
export function publicIpv6(): string[] {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ family, internal, address }) => family === 'IPv6' && !internal && /^[23]/.test(address))
    .map(({ address }) => address)
}

/**
 * Whether mail may leave by IPv6: each address that it could come from has a name that leads back to it. Large receivers refuse others, and what is
 * refused there for good would have gone by IPv4.
 */
export async function ipv6Confirmed(addresses: readonly string[], resolver: Resolver): Promise<boolean> {
  if (addresses.length === 0) return false
  const confirmed = await Promise.all(addresses.map((address) => isConfirmed(address, resolver)))
  return confirmed.every(Boolean)
}

async function isConfirmed(address: string, resolver: Resolver): Promise<boolean> {
  const names = await resolver.look('PTR', reverseName(address))
  if (names.kind !== 'records') return false
  const forward = await Promise.all(names.records.slice(0, 10).map((name) => resolver.look('AAAA', name)))
  return forward.some((answer) => answer.kind === 'records' && answer.records.includes(address))
}
