import { formatSize, parseSize } from '@mailstead/base'
import type { Account } from '@mailstead/store'
import { UsageError } from './errors.ts'

/** `2G` → octets, `none` → no limit. */
export function parseQuota(text: string): number | undefined {
  if (text === 'none') return undefined
  const octets = parseSize(text)
  if (octets === undefined || octets <= 0) throw new UsageError(`quota: ${JSON.stringify(text)} is not a size like 512M or 2G, or none`)
  return octets
}

export function showQuota(quota: number | undefined): string {
  return quota === undefined ? 'no limit' : formatSize(quota)
}

export function addressOf({ localPart, domain }: { readonly localPart: string; readonly domain: string }): string {
  return `${localPart}@${domain}`
}

/** An account as `--json` prints it: nothing that is missing, times as EpochMs. */
export function toJson(account: Account): object {
  return {
    address: addressOf(account),
    enabled: account.enabled,
    quota: account.quota ?? null,
    capabilitiesOff: account.capabilitiesOff,
    usedOctets: account.usedOctets,
    usedMessages: account.usedMessages,
    createdAt: account.createdAt,
    lastLoginAt: account.lastLoginAt ?? null,
  }
}
