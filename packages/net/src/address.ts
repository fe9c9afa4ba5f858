import { isIPv4 } from 'node:net'
import { networkInterfaces } from 'node:os'
import { networkOf } from '@mailstead/base'

/** An IPv4 client of a dual-stack listener comes as `::ffff:192.0.2.1`: gives `192.0.2.1`. Scope ids go. */
export function plainAddress(address: string): string {
  const bare = address.split('%')[0] ?? address
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(bare)
  return mapped?.[1] ?? bare
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
