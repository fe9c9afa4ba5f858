import { parseAddressList, type AddressListItem } from './addresses.ts'
import { unfold, type FieldSpan } from './header.ts'
import { imapNstring, imapString } from './imap-string.ts'

/** The fields of a message's header that make its ENVELOPE, as in the text; only the first of each counts. */
export interface EnvelopeFields {
  date?: string
  subject?: string
  from?: string
  sender?: string
  'reply-to'?: string
  to?: string
  cc?: string
  bcc?: string
  'in-reply-to'?: string
  'message-id'?: string
}

const NAMES = new Set(['date', 'subject', 'from', 'sender', 'reply-to', 'to', 'cc', 'bcc', 'in-reply-to', 'message-id'])

/** Addresses of repeated To, Cc and Bcc add up: RFC 5322 section 3.6 forbids them, mail has them. */
const LISTS = new Set(['to', 'cc', 'bcc'])

export function envelopeFields(text: string, spans: readonly FieldSpan[]): EnvelopeFields {
  const fields: EnvelopeFields = {}
  for (const span of spans) {
    if (!NAMES.has(span.name)) continue
    const name = span.name as keyof EnvelopeFields
    const value = unfold(text, span.value, span.end)
    const earlier = fields[name]
    if (earlier === undefined) fields[name] = value
    else if (LISTS.has(name) && value !== '') fields[name] = earlier === '' ? value : `${earlier}, ${value}`
  }
  return fields
}

/** `envelope` of RFC 3501 section 9, an octet per character. Sender and Reply-To default to From (section 7.4.2). */
export function renderEnvelope(fields: EnvelopeFields): string {
  const from = renderList(fields.from)
  const sender = renderList(fields.sender)
  const replyTo = renderList(fields['reply-to'])
  return (
    `(${imapNstring(fields.date)} ${imapNstring(fields.subject)} ${from} ${sender === 'NIL' ? from : sender} ` +
    `${replyTo === 'NIL' ? from : replyTo} ${renderList(fields.to)} ${renderList(fields.cc)} ${renderList(fields.bcc)} ` +
    `${imapNstring(fields['in-reply-to'])} ${imapNstring(fields['message-id'])})`
  )
}

function renderList(text: string | undefined): string {
  if (text === undefined || text === '') return 'NIL'
  let list = ''
  for (const item of parseAddressList(text)) list += renderItem(item)
  return list === '' ? 'NIL' : `(${list})`
}

/** An address without domain gets an empty host: NIL there would mean group syntax. */
function renderItem(item: AddressListItem): string {
  if (item.kind === 'mailbox') {
    return `(${imapNstring(item.name)} ${imapNstring(item.route)} ${imapString(item.local)} ${imapString(item.domain)})`
  }
  return item.kind === 'group' ? `(NIL NIL ${imapString(item.name)} NIL)` : '(NIL NIL NIL NIL)'
}
