import { baseSubject, decodeWords, foldCase, readDate, type EnvelopeAddress } from '@mailstead/mime'
import type { EpochMs } from '@mailstead/base'
import type { MessageRow } from '@mailstead/store'
import type { SortedMessage, SortKey } from './key.ts'

const ENVELOPE = { envelope: true }

/** RFC 5256 section 2.2: the Date field in UTC, the internal date where it cannot be read. */
export function sentDate(date: string | undefined, { internalDate }: MessageRow): EpochMs {
  return (date === undefined ? undefined : readDate(date))?.at ?? internalDate.at
}

/** The collation is applied to what is left of the subject (RFC 5255 section 4.2). */
export function foldedSubject(subject: string | undefined): string {
  return subject === undefined ? '' : foldCase(baseSubject(subject).text)
}

function mailboxOf(address: EnvelopeAddress | undefined): string {
  return foldCase(decodeWords(address?.mailbox ?? ''))
}

/** RFC 5957 section 3: the display name, else the address. */
function displayOf(address: EnvelopeAddress | undefined): string {
  const name = decodeWords(address?.name ?? '')
  if (name !== '') return foldCase(name)
  const { mailbox = '', host } = address ?? {}
  return foldCase(decodeWords(host === undefined ? mailbox : `${mailbox}@${host}`))
}

function textKey(name: string, value: (message: SortedMessage) => string): SortKey {
  return { name, wants: ENVELOPE, value }
}

/** RFC 5256, SORT command. */
export const sortKeys: readonly SortKey[] = [
  { name: 'ARRIVAL', wants: {}, value: ({ row }) => row.internalDate.at },
  { name: 'DATE', wants: ENVELOPE, value: ({ row, envelope }) => sentDate(envelope.date, row) },
  { name: 'SIZE', wants: {}, value: ({ row }) => row.size },
  textKey('CC', ({ envelope }) => mailboxOf(envelope.cc)),
  textKey('FROM', ({ envelope }) => mailboxOf(envelope.from)),
  textKey('TO', ({ envelope }) => mailboxOf(envelope.to)),
  textKey('SUBJECT', ({ envelope }) => foldedSubject(envelope.subject)),
]

/** RFC 5957 section 4. */
export const displayKeys: readonly SortKey[] = [
  textKey('DISPLAYFROM', ({ envelope }) => displayOf(envelope.from)),
  textKey('DISPLAYTO', ({ envelope }) => displayOf(envelope.to)),
]
