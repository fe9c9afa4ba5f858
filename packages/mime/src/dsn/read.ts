import type { HeaderField } from '../header.ts'
import { MAX_REPORT, MAX_REPORTED } from './limits.ts'
import { has, openReport, valueOf, type AboutMessage } from './open-report.ts'
import type { DsnAction, Typed } from './types.ts'

/** What an incoming report says of one recipient, as far as it could be read. */
export interface ReadDsnRecipient {
  readonly original?: Typed
  readonly final?: Typed
  readonly action: DsnAction
  /** RFC 3463; empty where there is none. */
  readonly status: string
  readonly remoteMta?: Typed
  readonly diagnostic?: Typed
}

/** An incoming report. Its words are a stranger's. */
export interface ReadDsn extends AboutMessage {
  readonly envid?: string
  readonly reportingMta?: Typed
  readonly arrival?: string
  readonly recipients: readonly ReadDsnRecipient[]
}

/**
 * Reads a delivery status notification (RFC 3464, RFC 6533); `undefined`: the message is none, or has more than MAX_REPORT octets. The first
 * octets of a message are enough, as far as they go.
 * Looks no deeper than the first multipart with a report, and takes what is near the grammar.
 */
export function readDsn(message: Uint8Array): ReadDsn | undefined {
  if (message.length > MAX_REPORT) return undefined
  const report = openReport(message, ['delivery-status', 'global-delivery-status'])
  if (report === undefined) return undefined
  const [first = [], ...groups] = report.blocks
  // Some programs leave the blank line between message and recipient out.
  const recipients = [...(has(first, 'final-recipient') ? [first] : []), ...groups].flatMap((fields) => recipientOf(fields) ?? [])
  if (recipients.length === 0) return undefined
  const envid = valueOf(first, 'original-envelope-id')
  const arrival = valueOf(first, 'arrival-date')
  return {
    ...(envid === undefined ? {} : { envid }),
    ...typedMember('reportingMta', first, 'reporting-mta'),
    ...(arrival === undefined ? {} : { arrival }),
    recipients: recipients.slice(0, MAX_REPORTED),
    ...report.about,
  }
}

/** "type; value"; without a type it is what most are. */
function typedValue(text: string, type: string): Typed {
  const match = /^\s*([!#$%&'*+\-/0-9A-Z^_`a-z{|}~]+)\s*;\s*(.*)$/s.exec(text)
  return match === null ? { type, value: text } : { type: (match[1] ?? '').toLowerCase(), value: match[2] ?? '' }
}

const USUAL = { address: 'rfc822', mta: 'dns', code: 'smtp' }

function typedMember<Key extends string>(
  key: Key,
  fields: readonly HeaderField[],
  name: string,
  type = USUAL.mta,
): Partial<Record<Key, Typed>> {
  const text = valueOf(fields, name)
  return text === undefined || text === '' ? {} : ({ [key]: typedValue(text, type) } as Partial<Record<Key, Typed>>)
}

const ACTIONS: readonly DsnAction[] = ['delivered', 'delayed', 'failed', 'relayed', 'expanded']

function recipientOf(fields: readonly HeaderField[]): ReadDsnRecipient | undefined {
  // A comment may follow both (section 2.3.4); seen in mail, though not allowed: "Action: failed (…)".
  const word = valueOf(fields, 'action')
    ?.split(/[\s(;]/)[0]
    ?.toLowerCase()
  const status = /^\s*(\d\.\d{1,3}\.\d{1,3})(?!\d)/.exec(valueOf(fields, 'status') ?? '')?.[1] ?? ''
  const action = ACTIONS.find((each) => each === word) ?? (status.startsWith('5') ? 'failed' : undefined)
  if (action === undefined || (!has(fields, 'final-recipient') && !has(fields, 'original-recipient'))) return undefined
  return {
    ...typedMember('original', fields, 'original-recipient', USUAL.address),
    ...typedMember('final', fields, 'final-recipient', USUAL.address),
    action,
    status,
    ...typedMember('remoteMta', fields, 'remote-mta'),
    ...typedMember('diagnostic', fields, 'diagnostic-code', USUAL.code),
  }
}
