import { isIPv4, isIPv6 } from 'node:net'
import { networkInterfaces } from 'node:os'
import { networkOf } from '@mailstead/base'

/** An IPv4 client of a dual-stack listener comes as `::ffff:192.0.2.1`: gives `192.0.2.1`. Scope ids go. */
export function plainAddress(address: string): string {
  const bare = address.split('%')[0] ?? address
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(bare)
  return mapped?.[1] ?? bare
}

/** A numerical address as Node itself writes it, without what IPv4 is mapped into; `undefined` when it is none. */
export function canonicalAddress(text: string): string | undefined {
  if (isIPv4(text)) return text
  if (!isIPv6(text) || text.includes('%')) return undefined
  const shortest = new URL(`http://[${text}]/`).hostname.slice(1, -1)
  const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(shortest)
  if (mapped === null) return shortest
  const [high, low] = [mapped[1] ?? '', mapped[2] ?? ''].map((group) => Number.parseInt(group, 16)) as [number, number]
  return [high >> 8, high & 255, low >> 8, low & 255].join('.')
}

/** 127.0.0.0/8 and ::1; expects a plain address. */
export function isLoopback(address: string): boolean {
  return address === '::1' || (isIPv4(address) && address.startsWith('127.'))
}

/** What connections are counted by: an IPv4 address, or the /64 that one IPv6 customer has to himself. */
export const countedBy = (address: string): string => networkOf(address, 32, 64)

/** The loopback addresses this machine has: `127.0.0.1`, and `::1` where there is IPv6. */
export function loopbackAddresses(): string[] {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? [])
  return all.some(({ address }) => address === '::1') ? ['127.0.0.1', '::1'] : ['127.0.0.1']
}
