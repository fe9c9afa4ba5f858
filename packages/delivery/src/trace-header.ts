import { formatDate } from '@mailstead/mime'
import type { QueueId, ZonedTime } from '@mailstead/store'
import { formatAddress, parseHeloName, type SmtpAddress } from '@mailstead/wire'
import type { TransactionStart } from './envelope.ts'

export interface ReceivedFacts {
  readonly start: TransactionStart
  readonly hostName: string
  readonly queueId: QueueId
  readonly at: ZonedTime
  /** Set only when the message has a single recipient: `for` must not betray Bcc. */
  readonly onlyRecipient: string | undefined
}

/**
 * The Received field of RFC 5321 section 4.4. Who logged in keeps client address and EHLO name to themselves: their
 * `Received` has no FROM clause.
 */
export function composeReceived({ start, hostName, queueId, at, onlyRecipient }: ReceivedFacts): Uint8Array {
  const { origin, tls, parameters } = start
  const clauses: string[] = []
  if (origin.protocol !== 'LOCAL' && origin.account === undefined) clauses.push(fromClause(origin.heloName ?? '', origin.remoteAddress))
  clauses.push(`by ${hostName}${origin.protocol === 'LOCAL' ? '' : ` with ${origin.protocol}`} id ${queueId}`)
  if (tls !== undefined) clauses.push(`(${tls.version}:${tls.cipher})`)
  if (onlyRecipient !== undefined) clauses.push(`for <${onlyRecipient}>`)
  // RFC 6710 section 4.1
  if (parameters.priority !== undefined) clauses.push(`PRIORITY ${parameters.priority}`)
  return Buffer.from(`Received: ${clauses.join('\r\n\t')};\r\n\t${formatDate(at)}\r\n`)
}

/** Extended-Domain: the EHLO name where it is one, else the address alone, and the name as a comment. */
function fromClause(heloName: string, remoteAddress: string | undefined): string {
  const literal = remoteAddress === undefined ? '[unknown]' : addressLiteral(remoteAddress)
  const helo = parseHeloName(heloName)
  if (helo === undefined) return `from ${literal}`
  if (helo.valid) return `from ${helo.name} (${literal})`
  return `from ${literal} (EHLO ${helo.name.replaceAll(/[()\\]/g, '\\$&')})`
}

/** `[192.0.2.1]`, `[IPv6:2001:db8::1]`; an IPv4 address mapped into IPv6 is written as what it is. */
function addressLiteral(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  if (mapped !== undefined) return `[${mapped}]`
  return address.includes(':') ? `[IPv6:${address}]` : `[${address}]`
}

/** What goes before the shared octets of one account's copy. `results`: what a policy says of the sender (RFC 8601). */
export function composePrefix(mailFrom: SmtpAddress | undefined, deliveredTo: string, results?: string): Uint8Array {
  const returnPath = `Return-Path: <${mailFrom === undefined ? '' : formatAddress(mailFrom)}>\r\n`
  const authentication = results === undefined ? '' : `Authentication-Results: ${results}\r\n`
  return Buffer.from(`${returnPath}Delivered-To: ${deliveredTo}\r\n${authentication}`)
}
