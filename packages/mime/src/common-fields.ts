import { fieldSpans, type FieldSpan } from './header.ts'
import { toOctets, toText } from './octets.ts'

const LF = 10
const CR = 13

/**
 * Lower-case names of the fields kept beside each message: what Thunderbird, Apple Mail, Outlook, K-9, Roundcube and
 * mutt ask for when they list a mailbox, so that a listing reads no message. Others are read from the blob.
 */
export const COMMON_FIELDS: ReadonlySet<string> = new Set([
  'date',
  'from',
  'sender',
  'reply-to',
  'to',
  'cc',
  'bcc',
  'subject',
  'message-id',
  'in-reply-to',
  'references',
  'newsgroups',
  'received',
  'priority',
  'x-priority',
  'importance',
  'x-msmail-priority',
  'x-mailer',
  'user-agent',
  'mime-version',
  'content-type',
  'content-class',
  'content-language',
  'content-transfer-encoding',
  'disposition-notification-to',
  'return-receipt-to',
  'list-id',
  'list-post',
  'list-help',
  'list-archive',
  'list-owner',
  'list-subscribe',
  'list-unsubscribe',
  'list-unsubscribe-post',
  'auto-submitted',
  'precedence',
  'delivered-to',
  'return-path',
  'envelope-to',
  'x-original-to',
  'resent-date',
  'resent-from',
  'resent-to',
  'x-spam',
  'x-spam-flag',
  'x-spam-status',
  'x-spam-score',
  'x-spam-level',
  'x-universally-unique-identifier',
  'x-uniform-type-identifier',
  'x-draft-info',
  'x-forwarded-message-id',
  'followup-to',
  'organization',
])

/** Adjacent fields are taken in one slice. */
function gather(text: string, spans: readonly FieldSpan[], wanted: (name: string) => boolean): string {
  let gathered = ''
  let start = 0
  let end = 0
  for (const span of spans) {
    if (!wanted(span.name)) continue
    if (span.start !== end) {
      if (end > start) gathered += text.slice(start, end)
      start = span.start
    }
    end = span.end
  }
  return end > start ? gathered + text.slice(start, end) : gathered
}

/** The fields of COMMON_FIELDS as they stand. */
export function commonFields(text: string, spans: readonly FieldSpan[]): string {
  return gather(text, spans, (name) => COMMON_FIELDS.has(name))
}

/**
 * The fields of a header block whose lower-case name is in `names`, or with `not` the others, as they stand and in
 * their order, without the empty line: HEADER.FIELDS and HEADER.FIELDS.NOT of RFC 3501 section 6.4.5. Lines that are
 * no field belong to the others.
 */
export function selectHeaderFields(block: Uint8Array, names: ReadonlySet<string>, not = false): Uint8Array {
  const text = toText(block)
  return toOctets(gather(text, fieldSpans(text), not ? (name) => !names.has(name) : (name) => names.has(name)))
}

/** The same of several blocks together, and as text with an octet per character. */
export function headerFieldsText(blocks: readonly Uint8Array[], names: ReadonlySet<string>): string {
  const text = blocks.map((block) => toText(block)).join('')
  return gather(text, fieldSpans(text), (name) => names.has(name))
}

/** Whether a header block, which ends where the part's body begins, has its empty line. */
export function hasEmptyLine(block: Uint8Array): boolean {
  const last = block.length - 1
  if (block[last] !== LF) return false
  const before = block[last - 1] === CR ? last - 2 : last - 1
  return before < 0 || block[before] === LF
}
