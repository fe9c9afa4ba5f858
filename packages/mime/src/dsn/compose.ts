import { decodeWords } from '../encoded-words.ts'
import { readHeader } from '../header.ts'
import { formatDate } from '../write-date.ts'
import { encodeWords, isAscii, toBase64Lines } from '../write-text.ts'
import { clip, fieldValue, isAsciiText, needsUtf8, statusFields } from './fields.ts'
import { MAX_FIELD, MAX_NAMED } from './limits.ts'
import { type ReportPart, returnedPart } from './returned.ts'
import { DSN_TEXTS, type DsnTexts, reasonOf } from './texts.ts'
import type { Dsn, DsnAction, DsnRecipient, WrittenDsn } from './types.ts'

/** Octets of an address in the text: two of them stand on one line. */
const MAX_ADDRESS = 400

/** What the subject speaks of, when there are several. */
const WEIGHT: readonly DsnAction[] = ['failed', 'delayed', 'expanded', 'relayed', 'delivered']

/**
 * A delivery status notification (RFC 3464) as a multipart/report (RFC 6522), in the forms of RFC 6533 where an address or the
 * original needs them. The same report is written with the same octets. Its size is bounded by MAX_RETURNED and its recipients.
 */
export function composeDsn(dsn: Dsn): WrittenDsn {
  const texts = DSN_TEXTS[dsn.language]
  const returned = returnedPart(dsn)
  const parts = [textPart(dsn, texts), statusPart(dsn), ...(returned === undefined ? [] : [returned])]
  const boundary = boundaryFor(dsn.token, parts)
  const isEightBit = parts.some(({ encoding }) => encoding === '8bit')
  const header = reportHeader(dsn, texts, boundary, isEightBit)
  const body = parts.flatMap(({ type, encoding, body: octets }) => [
    Buffer.from(`--${boundary}\r\nContent-Type: ${type}\r\nContent-Transfer-Encoding: ${encoding}\r\n\r\n`, 'latin1'),
    octets,
    Buffer.from('\r\n'),
  ])
  return {
    octets: Buffer.concat([header, ...body, Buffer.from(`--${boundary}--\r\n`)]),
    body: isEightBit ? '8BITMIME' : '7BIT',
    // The report's own header holds UTF-8 only where its addresses do.
    smtpUtf8: !isAscii(header),
  }
}

function reportHeader(dsn: Dsn, texts: DsnTexts, boundary: string, isEightBit: boolean): Buffer {
  const action = WEIGHT.find((each) => dsn.recipients.some((recipient) => recipient.action === each)) ?? 'failed'
  const fields = [
    `Date: ${formatDate(dsn.date)}`,
    `From: ${encodeWords(texts.from)} <${fieldValue(dsn.from, true)}>`,
    `To: <${fieldValue(dsn.to, true)}>`,
    `Subject: ${encodeWords(texts.subject[action])}`,
    `Message-ID: ${fieldValue(dsn.messageId, false)}`,
    // RFC 3834 section 5
    'Auto-Submitted: auto-replied',
    'MIME-Version: 1.0',
    `Content-Type: multipart/report; report-type=delivery-status;\r\n\tboundary="${boundary}"`,
    ...(isEightBit ? ['Content-Transfer-Encoding: 8bit'] : []),
  ]
  return Buffer.from(`${fields.join('\r\n')}\r\n\r\n`)
}

function statusPart(dsn: Dsn): ReportPart {
  const utf8 = needsUtf8(dsn)
  const body = Buffer.from(statusFields(dsn, utf8))
  if (!utf8) return { type: 'message/delivery-status', encoding: '7bit', body }
  const type = 'message/global-delivery-status'
  if (isAscii(body)) return { type, encoding: '7bit', body }
  if (dsn.sevenBit !== true) return { type, encoding: '8bit', body }
  return { type, encoding: 'base64', body: Buffer.from(toBase64Lines(body), 'latin1') }
}

function textPart(dsn: Dsn, texts: DsnTexts): ReportPart {
  const subject = readHeader(dsn.original?.header ?? new Uint8Array()).find(({ name }) => name.toLowerCase() === 'subject')
  const paragraphs = [
    texts.greeting(oneLine(dsn.reportingMta)),
    ...WEIGHT.flatMap((action) => paragraphsOf(action, dsn, texts)),
    ...(subject === undefined ? [] : [texts.message(oneLine(decodeWords(subject.value)))]),
  ]
  const text = `${paragraphs.join('\r\n\r\n')}\r\n`
  if (isAsciiText(text)) return { type: 'text/plain; charset=us-ascii', encoding: '7bit', body: Buffer.from(text) }
  return { type: 'text/plain; charset=utf-8', encoding: 'base64', body: Buffer.from(toBase64Lines(Buffer.from(text)), 'latin1') }
}

function paragraphsOf(action: DsnAction, { recipients }: Dsn, texts: DsnTexts): string[] {
  const concerned = recipients.filter((recipient) => recipient.action === action)
  if (concerned.length === 0) return []
  const until = concerned.find(({ retryUntil }) => retryUntil !== undefined)?.retryUntil
  const rest = concerned.length - MAX_NAMED
  return [
    texts.lead[action],
    ...concerned.slice(0, MAX_NAMED).map((recipient) => about(recipient, texts)),
    ...(rest > 0 ? [texts.more(rest)] : []),
    action === 'delayed' && until !== undefined ? `${texts.next.delayed} ${texts.until(formatDate(until))}` : texts.next[action],
  ]
}

function about({ recipient, original, action, status, remoteMta, diagnostic }: DsnRecipient, texts: DsnTexts): string {
  const sentTo =
    original !== undefined && original.value.toLowerCase() !== recipient.toLowerCase()
      ? ` (${texts.original(oneLine(original.value, MAX_ADDRESS))})`
      : ''
  const first = `  ${oneLine(recipient, MAX_ADDRESS)}${sentTo}`
  if (action !== 'failed' && action !== 'delayed') return first
  const reason = reasonOf(texts, status)
  const words = diagnostic === undefined ? [] : diagnostic.value.split(/\r?\n/).map((line) => `      ${oneLine(line)}`)
  return [
    first,
    ...(reason === undefined ? [] : [`    ${texts.reason}: ${reason}`]),
    ...(words.length === 0 ? [] : [`    ${remoteMta === undefined ? texts.details : texts.said(oneLine(remoteMta))}:`, ...words]),
  ].join('\r\n')
}

/** Text from elsewhere within a line of ours. */
function oneLine(text: string, octets = MAX_FIELD): string {
  return clip(text.toWellFormed().replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, ' '), octets).trim()
}

/** RFC 2046 section 5.1.1: a delimiter must not stand in the parts. */
function boundaryFor(token: string, parts: readonly ReportPart[]): string {
  for (let count = 0; ; count++) {
    const boundary = `=_${token}_${count}`
    if (!parts.some(({ body }) => Buffer.from(body.buffer, body.byteOffset, body.length).includes(`--${boundary}`))) return boundary
  }
}
