import { isAscii, isLines, isUtf8, toBase64Lines, toQuotedPrintable } from '../write-text.ts'
import { readHeader } from '../header.ts'
import { view } from '../octets.ts'
import { MAX_RETURNED } from './limits.ts'
import type { Dsn } from './types.ts'

/** A part of a report: what stands above its empty line and below. */
export interface ReportPart {
  readonly type: string
  readonly encoding: '7bit' | '8bit' | 'quoted-printable' | 'base64'
  readonly body: Uint8Array
}

/** What goes back of the original: all of it where something failed and it is small enough, else its header (RFC 3461 section 6.2). */
export function returnedPart({ original, recipients, sevenBit }: Dsn): ReportPart | undefined {
  if (original === undefined) return undefined
  const { whole } = original
  const header = withLines(clipped(original.header))
  const wanted = whole !== undefined && recipients.some(({ action }) => action === 'failed')
  return (wanted ? wholePart(whole, header, sevenBit === true) : undefined) ?? headerPart(header)
}

/** `undefined`: too big, or not to be had in a form that can stand in a report: a message/rfc822 cannot be encoded (RFC 2046 section 5.2.1). */
function wholePart(whole: Uint8Array, header: Uint8Array, sevenBit: boolean): ReportPart | undefined {
  if (whole.length > MAX_RETURNED || !isLines(whole)) return undefined
  if (isAscii(whole)) return { type: 'message/rfc822', encoding: '7bit', body: whole }
  const isGlobal = !isAscii(header) && isUtf8(header)
  if (!sevenBit) return { type: isGlobal ? 'message/global' : 'message/rfc822', encoding: '8bit', body: whole }
  return isGlobal ? { type: 'message/global', encoding: 'base64', body: Buffer.from(toBase64Lines(whole), 'latin1') } : undefined
}

function headerPart(body: Uint8Array): ReportPart {
  const type = !isAscii(body) && isUtf8(body) ? 'message/global-headers' : 'text/rfc822-headers'
  if (isAscii(body) && isLines(body)) return { type, encoding: '7bit', body }
  return { type, encoding: 'quoted-printable', body: Buffer.from(toQuotedPrintable(body), 'latin1') }
}

/** Whole lines from the beginning, without the empty one at the end. */
function clipped(header: Uint8Array): Buffer {
  const octets = view(header)
  const kept = octets.length <= MAX_RETURNED ? octets : octets.subarray(0, octets.lastIndexOf('\n', MAX_RETURNED) + 1)
  const fields = readHeader(kept)
  return kept.subarray(
    0,
    fields.reduce((size, { raw }) => size + raw.length, 0),
  )
}

/** With line ends as mail has them. */
function withLines(octets: Buffer): Buffer {
  return isLines(octets) ? octets : Buffer.from(octets.toString('latin1').replaceAll(/\r\n|\r|\n/g, '\r\n'), 'latin1')
}
