import { downgradeField } from '@mailstead/mime'
import { DotUnstuffer, ImapFramer, Pop3Framer } from '@mailstead/wire'
import { imapCommands, imapDecoder, imapFramer, parseCommand } from './imap-grammar.ts'
import { parsePop3, parseSmtp, pop3Commands, pop3Framer, smtpCommands, smtpMessages } from './mail-grammar.ts'
import { mimeDowngrade } from './downgrade.ts'
import { mimeReports, mimeScanner, readReport, scanMessage } from './mime.ts'
import type { Plants } from './target.ts'

/** Fails as a program does that has not thought of the octet. */
function stumbling(parse: (line: string) => void, over: string): (line: string) => void {
  return (line) => {
    if (line.includes(over)) throw new TypeError(`cannot read ${over}`)
    parse(line)
  }
}

/** Looks at every octet once more for each `mark` before it. */
function quadratic(parse: (line: string) => void, mark: RegExp): (line: string) => void {
  return (line) => {
    let seen = 0
    for (const { index } of line.matchAll(mark)) for (let at = 0; at < index; at++) if (line.charCodeAt(at) === 0) seen++
    parse(seen < 0 ? '' : line)
  }
}

/** Forgets what came in the piece before, when that was a single octet. */
function forgetful<T extends { push(chunk: Uint8Array): void }>(framer: T): T {
  const push = framer.push.bind(framer)
  framer.push = (chunk) => {
    if (chunk.length !== 1 || chunk[0] !== 0x7b) push(chunk)
  }
  return framer
}

class Hasty extends DotUnstuffer {
  /** Takes a dot away at the start of each piece. */
  override push(chunk: Uint8Array, emit: (piece: Uint8Array) => void): number {
    return chunk[0] === 0x2e && chunk.length === 1 ? 1 : super.push(chunk, emit)
  }
}

/** Targets with a mistake, each of which its fuzzer has to find. */
export const PLANTS: Plants = {
  'imap-commands crash': () => imapCommands(stumbling(parseCommand, '\\*')),
  'imap-commands quadratic': () => imapCommands(quadratic(parseCommand, /[,(: ]/g)),
  'imap-decoder crash': () =>
    imapDecoder((decoder, method) => {
      const value = decoder[method]()
      if (method === 'number' && value === 0) throw new RangeError('nought')
    }),
  'imap-decoder quadratic': () =>
    imapDecoder((decoder, method) => {
      const value = decoder[method]()
      if (!Array.isArray(value)) return value
      return value.filter((one, at) => value.indexOf(one) === at)
    }),
  'imap-framer pieces': () => imapFramer(() => forgetful(new ImapFramer({ line: 400, memory: 100, count: 4 }))),
  'imap-framer limit': () => imapFramer(() => new ImapFramer({ line: 4000, memory: 100, count: 4 })),
  'smtp-commands crash': () => smtpCommands(stumbling(parseSmtp, '=')),
  'smtp-commands quadratic': () => smtpCommands(quadratic(parseSmtp, /[@ <]/g)),
  'smtp-messages pieces': () => smtpMessages((normalise) => new Hasty({ normalise, maxLine: 100 })),
  'mime-downgrade octets': () => mimeDowngrade((field) => (field.includes('(') ? field : downgradeField(field))),
  'mime-downgrade quadratic': () =>
    mimeDowngrade((field) => {
      quadratic(() => {}, /[ (<]/g)(field.toString())
      return downgradeField(field)
    }),
  'pop3-commands crash': () => pop3Commands(stumbling(parsePop3, '<')),
  'pop3-commands quadratic': () => pop3Commands(quadratic(parsePop3, / /g)),
  'pop3-framer limit': () => pop3Framer(() => new Pop3Framer(4000)),
  'mime-scanner crash': () => mimeScanner(stumbling(scanMessage, ';;')),
  'mime-reports crash': () => mimeReports(stumbling(readReport, '::')),
  'mime-reports quadratic': () => mimeReports(quadratic(readReport, /[;@ ]/g)),
  'mime-scanner quadratic': () => mimeScanner(quadratic(scanMessage, /\n/g)),
}
