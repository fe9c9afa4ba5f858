import { parseAddress } from '@mailstead/accounts'
import type { QueueEntryId, QueueFilter, QueueId } from '@mailstead/store'
import { oneOf } from './args.ts'
import type { Arguments } from './arguments.ts'
import type { OptionSpec } from './command.ts'
import { UsageError } from './errors.ts'

/** What recipients of the queue are chosen by; all that is given must hold. */
export const FILTER_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  sender: { value: 'ADDRESS', text: 'of this sender; @DOMAIN means all of a domain, "" those without a sender: reports' },
  recipient: { value: 'ADDRESS', text: 'to this address, or to @DOMAIN' },
  domain: { value: 'DOMAIN', text: 'to this domain' },
  'older-than': { value: 'TIME', text: 'waiting for longer: 90m, 12h, 3d' },
  reason: { value: 'TEXT', text: 'whose last attempt was told this' },
  state: { value: 'STATE', text: 'waiting, scheduled (for later, by its sender), held or active (being sent at this moment)' },
}

const STATES = ['waiting', 'scheduled', 'held', 'active'] as const

/** `id`: a queue id, the number of one recipient, or ''. Throws `UsageError`. */
export function filterOf(args: Arguments, id: string, now: number): QueueFilter {
  const [sender, recipient, reason] = [args.text('sender'), args.text('recipient'), args.text('reason')]
  const state = STATES.find((known) => known === oneOf(args, 'state', STATES))
  const domain = args.text('domain')
  const age = args.text('older-than')
  return {
    ...messageOf(id),
    ...(sender === undefined ? {} : { sender: bare(sender) }),
    ...(recipient === undefined ? {} : { recipient: bare(recipient) }),
    ...(domain === undefined ? {} : { domain: domainOf(domain) }),
    ...(age === undefined ? {} : { queuedBefore: now - milliseconds(age) }),
    ...(reason === undefined ? {} : { reason }),
    ...(state === undefined ? {} : { state }),
  }
}

/** The address without the angle brackets that it stands in elsewhere. */
export function bare(address: string): string {
  return address.replace(/^<(.*)>$/, '$1')
}

/** Numbers are of recipients, all else names a message: queue ids are longer than any number. */
function messageOf(id: string): QueueFilter {
  if (id === '') return {}
  if (/^\d{1,15}$/.test(id)) return { entry: Number(id) as QueueEntryId }
  if (/^[0-9A-Za-z]{16,32}$/.test(id)) return { queueId: id.toUpperCase() as QueueId }
  throw new UsageError(`${JSON.stringify(id)} is neither a queue id nor the number of a recipient`)
}

function domainOf(text: string): string {
  if (/^\[[^\]]+\]$/.test(text)) return text.toLowerCase()
  const domain = parseAddress(`x@${text}`)?.domain
  if (domain === undefined) throw new UsageError(`--domain: ${JSON.stringify(text)} is not a domain`)
  return domain
}

const UNITS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 }

/** `90m`, `12h`, `3d`. Throws `UsageError`. */
export function milliseconds(text: string): number {
  const [, number, unit = ''] = /^(\d{1,6})([mhd])$/.exec(text) ?? []
  const factor = UNITS[unit]
  if (factor === undefined) throw new UsageError(`${JSON.stringify(text)} is not a time like 90m, 12h or 3d`)
  return Number(number) * factor
}
