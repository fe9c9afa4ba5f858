import { type HeaderField, readHeader } from '../header.ts'
import { readIds } from '../message-ids.ts'
import { toText } from '../octets.ts'
import type { Part } from '../part.ts'
import { MessageScanner } from '../scanner.ts'
import { decodeStructure } from '../structure.ts'
import { transferDecoder } from '../transfer.ts'
import { MAX_REPORTED, MAX_REPORTED_HOPS } from './limits.ts'

/** Which message a report is about, by what came back of it. */
export interface AboutMessage {
  /** Without angle brackets. */
  readonly messageId?: string
  /** The first of its Received fields, unfolded: who had it on its way, the last one first. */
  readonly received?: readonly string[]
}

export interface OpenReport {
  /** Groups of fields of the part for machines. */
  readonly blocks: readonly (readonly HeaderField[])[]
  readonly about: AboutMessage
}

/** A report (RFC 6522) whose part for machines is `message/` one of `subtypes`; `undefined`: the message holds none. */
export function openReport(message: Uint8Array, subtypes: readonly string[]): OpenReport | undefined {
  const scanner = new MessageScanner()
  scanner.push(message)
  const root = decodeStructure(scanner.end().structure)
  const isMachines = ({ type, subtype }: Part): boolean => type === 'message' && subtypes.includes(subtype)
  const report = root && reportIn(root, isMachines)
  const machines = report?.children.find(isMachines)
  if (report === undefined || machines === undefined) return undefined
  const returned = report.children.find((part) => isReturned(part))
  return { blocks: blocksOf(decoded(message, machines)), about: returned === undefined ? {} : known(decoded(message, returned)) }
}

/**
 * Depth first; a forwarded report is one too (RFC 6522 section 1), a report inside of what came back is not. OpenSMTPD and
 * others send multipart/mixed.
 */
function reportIn(part: Part, isMachines: (part: Part) => boolean): Part | undefined {
  if (part.kind !== 'multipart') return undefined
  if (part.children.some(isMachines)) return part
  for (const child of part.children) {
    const found = reportIn(child, isMachines)
    if (found !== undefined) return found
  }
  return undefined
}

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

export const has = (fields: readonly HeaderField[], name: string): boolean => fields.some((field) => field.name.toLowerCase() === name)

/** Values of reports are UTF-8 (RFC 6533 section 4.1); other octets are replaced. */
export function valueOf(fields: readonly HeaderField[], name: string): string | undefined {
  const field = fields.find((each) => each.name.toLowerCase() === name)
  return field === undefined ? undefined : Buffer.from(field.value, 'latin1').toString('utf8').trim()
}

/** What came back of a message tells which one it is. */
function known(returned: Uint8Array): AboutMessage {
  const fields = readHeader(returned)
  const field = fields.find(({ name }) => name.toLowerCase() === 'message-id')
  const messageId = readIds(field?.value ?? '')[0]
  const received = fields.filter(({ name }) => name.toLowerCase() === 'received').slice(0, MAX_REPORTED_HOPS)
  return {
    ...(messageId === undefined ? {} : { messageId }),
    ...(received.length === 0 ? {} : { received: received.map(({ value }) => value) }),
  }
}
