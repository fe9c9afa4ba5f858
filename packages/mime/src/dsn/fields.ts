import { formatDate } from '../write-date.ts'
import { MAX_FIELD } from './limits.ts'
import type { Dsn, DsnRecipient, Typed } from './types.ts'

/** The machine's part of a report (RFC 3464 section 2.1): blocks of fields. `utf8`: in the form of RFC 6533 section 4.1. */
export function statusFields(dsn: Dsn, utf8: boolean): string {
  const blocks = [messageFields(dsn), ...dsn.recipients.map(recipientFields)]
  return blocks.map((fields) => fields.map(([name, value]) => `${name}: ${fieldValue(value, utf8)}\r\n`).join('')).join('\r\n')
}

type Fields = readonly (readonly [name: string, value: string])[]

const when = <T>(value: T | undefined, field: (value: T) => readonly [string, string]): Fields =>
  value === undefined ? [] : [field(value)]

/** RFC 3464 section 2.2, in its order. */
function messageFields({ envid, reportingMta, receivedFrom, arrival, holdRequest, deliverBy }: Dsn): Fields {
  return [
    ...when(envid, (value) => ['Original-Envelope-Id', value]),
    ['Reporting-MTA', `dns; ${reportingMta}`],
    ...when(receivedFrom, ({ name, address }) => [
      'Received-From-MTA',
      `dns; ${withoutComments(name)}${address === undefined ? '' : ` (${withoutComments(address)})`}`,
    ]),
    ...when(arrival, (date) => ['Arrival-Date', formatDate(date)]),
    ...when(deliverBy, (date) => ['Deliver-By-Date', formatDate(date)]),
    ...when(holdRequest, (value) => ['Future-Release-Request', value]),
  ]
}

/** Section 2.3, in its order. */
function recipientFields({ recipient, original, action, status, remoteMta, diagnostic, lastAttempt, retryUntil }: DsnRecipient): Fields {
  return [
    ...when(original, (address) => ['Original-Recipient', typed(address)]),
    ['Final-Recipient', typed({ type: /^[\0-\x7f]*$/.test(recipient) ? 'rfc822' : 'utf-8', value: recipient })],
    ['Action', action],
    ['Status', status],
    ...when(remoteMta, (name) => ['Remote-MTA', `dns; ${name}`]),
    ...when(diagnostic, (words) => ['Diagnostic-Code', typed(words)]),
    ...when(lastAttempt, (date) => ['Last-Attempt-Date', formatDate(date)]),
    // It must not stand with other actions (section 2.3.9).
    ...when(action === 'delayed' ? retryUntil : undefined, (date) => ['Will-Retry-Until', formatDate(date)]),
  ]
}

const typed = ({ type, value }: Typed): string => `${type}; ${value}`

const withoutComments = (text: string): string => text.replaceAll(/[()\\]/g, '?')

/** Whether the fields can only be written in the form of RFC 6533. */
export function needsUtf8({ recipients }: Dsn): boolean {
  return recipients.some(({ recipient, original }) => !isAsciiText(recipient) || original?.type === 'utf-8')
}

export const isAsciiText = (text: string): boolean => /^[\0-\x7f]*$/.test(text)

/**
 * No value begins another field, or says what its place cannot hold. Lines within it are continued as RFC 3461 section 9.2
 * has it for replies of several lines.
 */
export function fieldValue(value: string, utf8: boolean): string {
  const lines = value.split(/\r?\n/).map((line) => clean(line, utf8))
  const kept: string[] = []
  let left = MAX_FIELD
  for (const line of lines.filter((each) => each !== '')) {
    const cut = clip(line, left)
    if (cut !== '') kept.push(cut)
    left -= Buffer.byteLength(cut)
  }
  return kept.join('\r\n ')
}

function clean(text: string, utf8: boolean): string {
  const printable = text.replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, ' ').trim()
  return (utf8 ? printable.toWellFormed() : printable.replaceAll(/[^ -~]/gu, '?')).trim()
}

/** The first octets of the text as UTF-8, and no half of a character. */
export function clip(text: string, octets: number): string {
  if (Buffer.byteLength(text) <= octets) return text
  let kept = ''
  for (const char of text) {
    octets -= Buffer.byteLength(char)
    if (octets < 0) break
    kept += char
  }
  return kept.trimEnd()
}
