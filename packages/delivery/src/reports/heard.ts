import type { AboutMessage, ReadDsn, ReadDsnRecipient, ReadFeedback, Typed } from '@mailstead/mime'
import { dnsName } from '@mailstead/resolver'
import {
  suppressionKey,
  tellsOfDeadAddress,
  type Diagnosis,
  type HeardReport,
  type QueueId,
  type TraceEvent,
  type TraceKind,
  type Traced,
} from '@mailstead/store'
import { parseMailbox } from '@mailstead/wire'
import { MAX_CLAIMS } from '../limits.ts'

/** A message that a report may be about, with its trace. */
export interface Suspected {
  readonly message: Traced
  readonly events: readonly TraceEvent[]
}

/**
 * Queue ids of ours in what came back of a message: in the Received field that `hostName` wrote, and in a Message-ID that was made here. They
 * hold 40 random bits, so that nobody names one who has not seen the message.
 */
export function queueIdsIn({ received = [], messageId }: AboutMessage, hostName: string): QueueId[] {
  const host = hostName.toLowerCase()
  const stamped = received.flatMap((value) => {
    const [, by = '', id = ''] = /(?:^|\s)by\s+(\S+)(?:\s+with\s+\S+)?\s+id\s+([0-9A-Z]{16,32})(?![^\s;])/.exec(value) ?? []
    return by.toLowerCase() === host ? [id] : []
  })
  const [, made = '', domain = ''] = /^([0-9A-Z]{16,32})@(.+)$/.exec(messageId ?? '') ?? []
  return [...new Set([...stamped, ...(domain.toLowerCase() === host ? [made] : [])])].slice(0, MAX_CLAIMS) as QueueId[]
}

/**
 * What the report says of the message's recipients elsewhere, for of all others we know ourselves. Nothing when the
 * message's sender, whom reports go to, is none of `readers`.
 */
export function heardOf(report: ReadDsn, { message, events }: Suspected, readers: readonly string[], proven: boolean): HeardReport[] {
  const sender = comparable(message.mailFrom)
  if (message.mailFrom === '' || !readers.some((reader) => comparable(reader) === sender)) return []
  const left = recipientsThatLeft(events)
  const [only] = left.size === 1 ? left.values() : []
  const found = new Map<string, HeardReport>()
  for (const each of report.recipients) {
    // Who forwards names an address that we do not know, and not always the one that we do.
    const recipient = named(each, left) ?? only
    if (recipient === undefined) continue
    const heard = { queueId: message.queueId, recipient, action: each.action, diagnosis: wordsOf(each, report, recipient), proven }
    const dead = proven && isSubmittedTo(recipient, { message, events }) ? deadAddress(each, recipient) : undefined
    found.set(recipient, { ...heard, ...(dead === undefined ? {} : { dead }) })
  }
  return [...found.values()]
}

/** A report can be faster than our own note of the peer's 250, or be of an attempt whose end we did not see. */
const LEAVING: ReadonlySet<TraceKind> = new Set(['queued', 'sent', 'relayed'])

function recipientsThatLeft(events: readonly TraceEvent[]): Map<string, string> {
  const left = new Map<string, string>()
  for (const { event, recipient } of events) if (LEAVING.has(event)) left.set(comparable(recipient), recipient)
  return left
}

/** What the complaint (RFC 5965) says, of the recipient that it names or that alone had the message; nothing when the message has not left. */
export function complaintOf({ kind, agent, reportingMta, recipients }: ReadFeedback, { message, events }: Suspected): HeardReport[] {
  const left = recipientsThatLeft(events)
  if (left.size === 0) return []
  const [only = ''] = left.size === 1 ? left.values() : []
  const recipient = recipients.map((address) => left.get(comparable(address))).find((address) => address !== undefined) ?? only
  const peer = reportingMta ?? agent
  const diagnosis: Diagnosis = { status: '', text: kind, ...(peer === undefined ? {} : { peer }) }
  return [{ queueId: message.queueId, recipient, action: 'complained', diagnosis, proven: true }]
}

/** Whether the message is of one of our people, and went to nobody else: nobody else knows its queue id then. */
function isSubmittedTo(recipient: string, { message, events }: Suspected): boolean {
  return message.origin.account !== undefined && events.every((event) => event.recipient === '' || event.recipient === recipient)
}

/** What to remember the recipient by, when the report says that it is gone, and means the recipient itself. */
function deadAddress({ action, status, final }: ReadDsnRecipient, recipient: string): string | undefined {
  if (action !== 'failed' || final === undefined || comparable(final.value) !== comparable(recipient)) return undefined
  const domain = domainOf(recipient)
  const key = domain === undefined ? undefined : suppressionKey(recipient, domain)
  return key !== undefined && tellsOfDeadAddress(key, status) ? key : undefined
}

function named({ original, final }: ReadDsnRecipient, left: ReadonlyMap<string, string>): string | undefined {
  return [original, final].map((address) => address && left.get(comparable(address.value))).find((address) => address !== undefined)
}

function wordsOf({ final, status, remoteMta, diagnostic }: ReadDsnRecipient, { reportingMta }: ReadDsn, recipient: string): Diagnosis {
  const peer = remoteMta ?? reportingMta
  const elsewhere = final !== undefined && comparable(final.value) !== comparable(recipient) ? `for ${final.value}` : ''
  const text = [elsewhere, diagnostic?.value ?? ''].filter((word) => word !== '').join(': ')
  return { status, text, ...(peer === undefined ? {} : { peer: nameOf(peer) }) }
}

const nameOf = ({ value }: Typed): string => value.trim()

const PLAIN = /^[\w.!#$%&'*+/=?^`{|}~-]+@[a-z0-9-]+(?:\.[a-z0-9-]+)*$/i

/** An address as it is compared: without regard to case, domains in A-labels. */
function comparable(address: string): string {
  const bare = address.trim().replace(/^<(.*)>$/, '$1')
  // Nearly all, and a message may have gone to thousands.
  if (PLAIN.test(bare)) return bare.toLowerCase()
  const domain = domainOf(bare)
  return domain === undefined ? bare.toLowerCase() : suppressionKey(bare, domain)
}

/** Lower case, A-labels; `undefined`: it is no address. */
function domainOf(address: string): string | undefined {
  try {
    const { domain } = parseMailbox(address)
    return (dnsName(domain) ?? domain).toLowerCase()
  } catch {
    return undefined
  }
}
