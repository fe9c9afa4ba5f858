import assert from 'node:assert/strict'
import { composeDsn, MessageScanner, readDsn } from '@mailstead/mime'
import { fuzzReaders, fuzzScanner } from '../../packages/mime/test/fuzz.ts'
import { checkGrowth } from './growth.ts'
import { mangled, stretched } from './mutate.ts'
import { shown, type Target } from './target.ts'

const PIECES = [
  '--b\r\n',
  '--',
  '\r\n',
  '\n',
  '\r',
  ' ',
  '(',
  '<',
  '"',
  '\\',
  ',',
  ';',
  ':',
  '@',
  '=?utf-8?q?a?=',
  'a',
  '\t\r\n ',
  'b=c;',
  'To: a\r\n',
  '\0',
  '\xff',
]
const HEADS = [
  '',
  'Subject: ',
  'From: ',
  'To: x:',
  'References: ',
  'Content-Type: ',
  'Content-Type: text/plain; ',
  'Content-Disposition: x; ',
  'Content-Type: multipart/mixed; boundary=b\r\n\r\n',
  'Content-Type: multipart/digest; boundary=b\r\n\r\n',
  'Content-Type: message/rfc822\r\n\r\n',
]

/** A whole message at once, as text of one character an octet. */
export function scanMessage(text: string): void {
  const scanner = new MessageScanner()
  scanner.push(Buffer.from(text, 'latin1'))
  scanner.end()
}

/** Any octets are a message, described in one way, in linear time. */
export function mimeScanner(scan = scanMessage): Target {
  return {
    name: 'mime-scanner',
    once: (random) => {
      fuzzScanner(random)
      scan(random.pick(HEADS) + random.pick(PIECES).repeat(random.int(50)))
    },
    grow(random) {
      const [head, piece] = [random.pick(HEADS), random.pick(PIECES) + random.pick(PIECES)]
      const tail = random.pick(PIECES)
      checkGrowth(
        () => shown(head + piece + tail),
        (size) => head + piece.repeat(Math.ceil(size / piece.length)) + tail,
        scan,
        2 * 1024 * 1024,
      )
    },
  }
}

/** Whatever reads headers and text takes any octets. */
export function mimeReaders(): Target {
  return { name: 'mime-readers', once: fuzzReaders }
}

const REPORT = [
  'Content-Type: multipart/report; report-type=delivery-status; boundary=b',
  '',
  '--b',
  'Content-Type: message/delivery-status',
  '',
  'Reporting-MTA: dns; x',
  'Original-Envelope-Id: y',
  '',
  'Original-Recipient: utf-8;a@b',
  'Final-Recipient: rfc822; a@b',
  'Action: failed (c)',
  'Status: 5.1.1',
  'Diagnostic-Code: smtp; 550 no',
  '',
  '--b',
  'Content-Type: text/rfc822-headers',
  'Content-Transfer-Encoding: quoted-printable',
  '',
  'Message-ID: <a@b>',
  '--b--',
  '',
]

/** A report as text of one character an octet. */
export function readReport(text: string): void {
  readDsn(Buffer.from(text, 'latin1'))
}

/** Any octets may come as a report, in linear time; one of ours is read again, whatever its texts hold. */
export function mimeReports(readText = readReport): Target {
  const read = (message: Buffer): void => readText(message.toString('latin1'))
  return {
    name: 'mime-reports',
    once(random) {
      read(
        Buffer.from(REPORT.map((line) => (random.chance(0.2) ? mangled(line, random) : line)).join(random.pick(['\r\n', '\n'])), 'latin1'),
      )
      const text = (): string => mangled(random.pick(REPORT), random) + random.pick(PIECES)
      const recipients = Array.from({ length: 1 + random.int(3) }, () => {
        const diagnostic = { type: 'smtp', value: text() + text() }
        return {
          recipient: text(),
          original: { type: random.pick(['rfc822', 'utf-8']), value: text() },
          action: 'failed',
          status: '5.0.0',
          diagnostic,
        } as const
      })
      const header = Buffer.from(text() + text(), 'latin1')
      const frame = {
        language: random.pick(['en', 'ru'] as const),
        from: text(),
        to: text(),
        messageId: text(),
        token: 'x',
        reportingMta: text(),
      } as const
      const { octets } = composeDsn({
        ...frame,
        date: { at: 0, zone: 0 },
        recipients,
        original: { header, whole: header },
        sevenBit: random.chance(0.5),
      })
      assert.equal(readDsn(octets)?.recipients.length, recipients.length, shown(octets))
    },
    grow(random) {
      const at = random.int(REPORT.length)
      const make = stretched(REPORT[at] ?? '', random)
      const whole = (size: number): Buffer => Buffer.from(REPORT.with(at, make(size)).join('\r\n'), 'latin1')
      checkGrowth(() => shown(whole(100)), whole, read, 512 * 1024)
    },
  }
}
