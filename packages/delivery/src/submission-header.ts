import { type HeaderField, writeHeader } from '@mailstead/mime'

/** Bcc must not reach the others; Return-Path is ours to write. */
const DROPPED = new Set(['bcc', 'resent-bcc', 'return-path'])

/** Added where they are missing (RFC 6409 section 8). */
export interface MissingFields {
  readonly date: string
  readonly messageId: string
}

/**
 * The header of a submitted message as it is kept: nothing but DROPPED goes, nothing but MissingFields comes, and
 * what stays stays octet for octet in its place. `header` ends with its empty line, unless the message has none.
 */
export function submissionHeader(header: Uint8Array, fields: readonly HeaderField[], missing: MissingFields): Uint8Array {
  const has = (name: string): boolean => fields.some((field) => field.name.toLowerCase() === name)
  const size = fields.reduce((sum, { raw }) => sum + raw.length, 0)
  const ending = header.subarray(size)
  const kept = writeHeader(fields.filter(({ name }) => !DROPPED.has(name.toLowerCase())))
  const added = `${has('date') ? '' : `Date: ${missing.date}\r\n`}${has('message-id') ? '' : `Message-ID: ${missing.messageId}\r\n`}`
  // A message that is all text has no header: one goes in front of it.
  if (fields.length > 0 && fields.every(({ name }) => name === '')) return Buffer.concat([Buffer.from(`${added}\r\n`), kept, ending])
  const open = kept.length > 0 && kept.at(-1) !== 0x0a
  return Buffer.concat([kept, Buffer.from(`${open ? '\r\n' : ''}${added}`), ending])
}
