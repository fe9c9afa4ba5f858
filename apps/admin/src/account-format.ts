import { formatSize, parseSize } from '@mailstead/base'
import type { Account, Forwarding } from '@mailstead/store'
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

/** `1000` → messages, `none` → no limit. */
export function parseCount(text: string): number | undefined {
  if (text === 'none') return undefined
  const count = Number(text)
  if (!/^\d+$/.test(text) || count === 0 || !Number.isSafeInteger(count)) {
    throw new UsageError(`messages: ${JSON.stringify(text)} is not a number above zero, or none`)
  }
  return count
}

/** All that limits an account. */
export function showLimits({ quota, messageQuota }: Account): string {
  if (messageQuota === undefined) return showQuota(quota)
  return quota === undefined ? `${messageQuota} messages` : `${formatSize(quota)} and ${messageQuota} messages`
}

export function addressOf({ localPart, domain }: { readonly localPart: string; readonly domain: string }): string {
  return `${localPart}@${domain}`
}

/** Where mail goes on to, in words. */
export function showForwarding({ targets, keep, told }: Forwarding): string {
  return `${targets.join(', ')}${keep ? ', and is kept here' : ''}${told ? '; senders are told' : ''}`
}

/** An account as `--json` prints it: nothing that is missing, times as EpochMs. */
export function toJson(account: Account): object {
  return {
    address: addressOf(account),
    enabled: account.enabled,
    quota: account.quota ?? null,
    messageQuota: account.messageQuota ?? null,
    role: account.role,
    language: account.language ?? null,
    capabilitiesOff: account.capabilitiesOff,
    forwarding: account.forwarding ?? null,
    usedOctets: account.usedOctets,
    usedMessages: account.usedMessages,
    createdAt: account.createdAt,
    lastLoginAt: account.lastLoginAt ?? null,
  }
}
