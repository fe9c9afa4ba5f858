import { baseSubject } from './base-subject.ts'
import { readDate } from './date.ts'
import { decodeWords } from './encoded-words.ts'
import { foldCase } from './fold.ts'
import type { FieldSpan } from './header.ts'
import { MAX_SORT_TEXT, MAX_THREAD_REFERENCES } from './limits.ts'
import { normalId, readIds } from './message-ids.ts'
import { readEnvelope, type EnvelopeAddress } from './read-envelope.ts'

/** What SORT and THREAD compare messages by (RFC 5256, RFC 5957). Texts are as `foldCase` leaves them, at most MAX_SORT_TEXT long. */
export interface SortKeys {
  /** The Date field, milliseconds since 1970; `undefined` when it cannot be read. */
  readonly sent: number | undefined
  /** The base subject. */
  readonly subject: string
  readonly isReply: boolean
  /** The mailbox part of the first address. */
  readonly from: string
  readonly to: string
  readonly cc: string
  /** The display name of the first address, or the address itself. */
  readonly displayFrom: string
  readonly displayTo: string
  /** Message-ID as `normalId` has it; `undefined` where there is none that is valid. */
  readonly id: string | undefined
  /** Ids of the messages it answers, the nearest last, at most MAX_THREAD_REFERENCES. */
  readonly references: readonly string[]
}

/** Of a message without a header. */
export const NO_SORT_KEYS: SortKeys = {
  sent: undefined,
  subject: '',
  isReply: false,
  from: '',
  to: '',
  cc: '',
  displayFrom: '',
  displayTo: '',
  id: undefined,
  references: [],
}

/** From the ENVELOPE that was rendered of a header, and from the header's text and fields. */
export function sortKeys(envelope: Uint8Array, text: string, spans: readonly FieldSpan[]): SortKeys {
  const { date, subject, from, to, cc } = readEnvelope(envelope)
  const base = baseSubject(subject ?? '')
  return {
    sent: date === undefined ? undefined : readDate(date)?.at,
    subject: folded(base.text),
    isReply: base.isReply,
    from: mailboxOf(from),
    to: mailboxOf(to),
    cc: mailboxOf(cc),
    displayFrom: displayOf(from),
    displayTo: displayOf(to),
    ...ancestry(text, spans),
  }
}

/** Of equal fields the first counts. RFC 5256: In-Reply-To only without usable References, and only its first id. */
function ancestry(text: string, spans: readonly FieldSpan[]): Pick<SortKeys, 'id' | 'references'> {
  const ids = (name: string): string[] => {
    const field = spans.find((span) => span.name === name)
    return field === undefined ? [] : readIds(text.slice(field.value, field.end)).flatMap((id) => normalId(id) ?? [])
  }
  const references = ids('references').slice(-MAX_THREAD_REFERENCES)
  return { id: ids('message-id')[0], references: references.length > 0 ? references : ids('in-reply-to').slice(0, 1) }
}

function mailboxOf(address: EnvelopeAddress | undefined): string {
  return folded(decodeWords(address?.mailbox ?? ''))
}

/** RFC 5957 section 3: the display name, else the address. */
function displayOf(address: EnvelopeAddress | undefined): string {
  const name = decodeWords(address?.name ?? '')
  if (name !== '') return folded(name)
  const { mailbox = '', host } = address ?? {}
  return folded(decodeWords(host === undefined ? mailbox : `${mailbox}@${host}`))
}

/** The collation is applied to what is left of the subject (RFC 5255 section 4.2). */
function folded(text: string): string {
  const key = foldCase(text)
  // Cutting may leave half a pair, which is no UTF-8.
  return key.slice(0, MAX_SORT_TEXT).toWellFormed()
}
