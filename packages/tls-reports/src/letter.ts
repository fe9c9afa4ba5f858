import { formatDate } from '@mailstead/mime'
import type { ZonedTime } from '@mailstead/store'
import type { WrittenReport } from './report.ts'

export interface LetterFrame {
  readonly from: string
  readonly to: string
  /** Whom the report is about. */
  readonly domain: string
  readonly now: ZonedTime
  readonly hostName: string
  /** The report, compressed. */
  readonly packed: Uint8Array
}

/** The mail that carries a report (RFC 8460 section 5.3). ASCII; lines end in CRLF. */
export function writeLetter({ id, fileName, submitter }: WrittenReport, { from, to, domain, now, hostName, packed }: LetterFrame): Buffer {
  const boundary = `=_tlsrpt_${id.replaceAll(/[^A-Za-z0-9]/g, '_').slice(0, 40)}`
  const lines = [
    `Date: ${formatDate(now)}`,
    `From: <${from}>`,
    `To: <${to}>`,
    `Subject: Report Domain: ${domain}\r\n Submitter: ${submitter}\r\n Report-ID: <${id}>`,
    `Message-ID: <tlsrpt.${now.at.toString(36)}.${id.split('@')[0] ?? ''}@${hostName}>`,
    // RFC 3834 section 5
    'Auto-Submitted: auto-generated',
    `TLS-Report-Domain: ${domain}`,
    `TLS-Report-Submitter: ${submitter}`,
    // RFC 8460 section 3: whatever is wrong with the domain's TLS is what it is told of.
    'TLS-Required: No',
    'MIME-Version: 1.0',
    `Content-Type: multipart/report; report-type="tlsrpt";\r\n boundary="${boundary}"`,
    '',
    `--${boundary}`,
    'Content-Type: text/plain; charset=us-ascii',
    'Content-Transfer-Encoding: 7bit',
    '',
    `This is an aggregate TLS report from ${submitter}`,
    `about ${domain}. A program reads it best (RFC 8460).`,
    '',
    `--${boundary}`,
    'Content-Type: application/tlsrpt+gzip',
    'Content-Transfer-Encoding: base64',
    `Content-Disposition: attachment;\r\n filename="${fileName}.json.gz"`,
    '',
    base64Lines(packed),
    `--${boundary}--`,
    '',
  ]
  return Buffer.from(lines.join('\r\n'), 'latin1')
}

function base64Lines(octets: Uint8Array): string {
  return Buffer.from(octets.buffer, octets.byteOffset, octets.length)
    .toString('base64')
    .replaceAll(/.{76}(?=.)/g, '$&\r\n')
}
