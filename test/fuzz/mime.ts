import { MessageScanner } from '@mailstead/mime'
import { fuzzReaders, fuzzScanner } from '../../packages/mime/test/fuzz.ts'
import { checkGrowth } from './growth.ts'
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
