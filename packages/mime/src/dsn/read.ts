import { type HeaderField, readHeader } from '../header.ts'
import { readIds } from '../message-ids.ts'
import { toText } from '../octets.ts'
import type { Part } from '../part.ts'
import { MessageScanner } from '../scanner.ts'
import { decodeStructure } from '../structure.ts'
import { transferDecoder } from '../transfer.ts'
import { MAX_REPORT, MAX_REPORTED, MAX_REPORTED_HOPS } from './limits.ts'
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
export interface ReadDsn {
  readonly envid?: string
  readonly reportingMta?: Typed
  readonly arrival?: string
  readonly recipients: readonly ReadDsnRecipient[]
  /** Message-ID of the message it is about, without angle brackets, from what came back of it. */
  readonly messageId?: string
  /** The first of its Received fields, from there too, unfolded: who had it on its way, the last one first. */
  readonly received?: readonly string[]
}

/**
 * Reads a delivery status notification (RFC 3464, RFC 6533); `undefined`: the message is none, or has more than MAX_REPORT octets. The first
 * octets of a message are enough, as far as they go.
 * Looks no deeper than the first multipart with a report, and takes what is near the grammar.
 */
export function readDsn(message: Uint8Array): ReadDsn | undefined {
  if (message.length > MAX_REPORT) return undefined
  const scanner = new MessageScanner()
  scanner.push(message)
  const root = decodeStructure(scanner.end().structure)
  const report = root && reportIn(root)
  const status = report?.children.find(isStatus)
  if (report === undefined || status === undefined) return undefined
  const [first = [], ...groups] = blocksOf(decoded(message, status))
  // Some programs leave the blank line between message and recipient out.
  const recipients = [...(has(first, 'final-recipient') ? [first] : []), ...groups].flatMap((fields) => recipientOf(fields) ?? [])
  if (recipients.length === 0) return undefined
  const original = report.children.find((part) => isReturned(part))
  const envid = valueOf(first, 'original-envelope-id')
  const arrival = valueOf(first, 'arrival-date')
  return {
    ...(envid === undefined ? {} : { envid }),
    ...typedMember('reportingMta', first, 'reporting-mta'),
    ...(arrival === undefined ? {} : { arrival }),
    recipients: recipients.slice(0, MAX_REPORTED),
    ...(original === undefined ? {} : known(decoded(message, original))),
  }
}

/**
 * Depth first; a forwarded report is one too (RFC 6522 section 1), a report inside of what came back is not. OpenSMTPD and
 * others send multipart/mixed.
 */
function reportIn(part: Part): Part | undefined {
  if (part.kind !== 'multipart') return undefined
  if (part.children.some(isStatus)) return part
  for (const child of part.children) {
    const found = reportIn(child)
    if (found !== undefined) return found
  }
  return undefined
}

const isStatus = ({ type, subtype }: Part): boolean =>
  type === 'message' && (subtype === 'delivery-status' || subtype === 'global-delivery-status')

const isReturned = ({ type, subtype }: Part): boolean =>
  (type === 'message' && (subtype === 'rfc822' || subtype === 'global' || subtype === 'global-headers')) ||
  (type === 'text' && subtype === 'rfc822-headers')

function decoded(message: Uint8Array, { body, end, encoding }: Part): Uint8Array {
  const decoder = transferDecoder(encoding)
  return Buffer.concat([decoder.write(message.subarray(body, end)), decoder.end()])
}

/** Groups of fields between blank lines: the message's, and one for each recipient. */
function blocksOf(octets: Uint8Array): HeaderField[][] {
  return toText(octets)
    .split(/\r?\n(?:[ \t]*\r?\n)+/, MAX_REPORTED + 1)
    .map((block) => readHeader(Buffer.from(block.replace(/^(?:[ \t]*\r?\n)+/, ''), 'latin1')).filter(({ name }) => name !== ''))
    .filter((fields) => fields.length > 0)
}

const has = (fields: readonly HeaderField[], name: string): boolean => fields.some((field) => field.name.toLowerCase() === name)

/** Values of reports are UTF-8 (RFC 6533 section 4.1); other octets are replaced. */
function valueOf(fields: readonly HeaderField[], name: string): string | undefined {
  const field = fields.find((each) => each.name.toLowerCase() === name)
  return field === undefined ? undefined : Buffer.from(field.value, 'latin1').toString('utf8').trim()
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

/** What came back of a message tells which one it is. */
function known(returned: Uint8Array): Pick<ReadDsn, 'messageId' | 'received'> {
  const fields = readHeader(returned)
  const field = fields.find(({ name }) => name.toLowerCase() === 'message-id')
  const messageId = readIds(field?.value ?? '')[0]
  const received = fields.filter(({ name }) => name.toLowerCase() === 'received').slice(0, MAX_REPORTED_HOPS)
  return {
    ...(messageId === undefined ? {} : { messageId }),
    ...(received.length === 0 ? {} : { received: received.map(({ value }) => value) }),
  }
}
