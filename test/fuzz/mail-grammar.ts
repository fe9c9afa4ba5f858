import assert from 'node:assert/strict'
import type { Random } from '@mailstead/testkit'
import {
  decodeXtext,
  DotUnstuffer,
  messageNumber,
  parseBdat,
  parseCommandLine,
  parseHeloName,
  parseMail,
  parsePop3Command,
  parseRcpt,
  Pop3Framer,
  Pop3SyntaxError,
  SmtpSyntaxError,
  words,
} from '@mailstead/wire'
import { checkGrowth } from './growth.ts'
import { mangled, rubble, stretched, transcriptLines } from './mutate.ts'
import { shown, type Target } from './target.ts'

/** More than any command line may have. */
const LINE = 64 * 1024

/** As if every extension were announced. */
const EVERYTHING = new Set('SIZE 8BITMIME SMTPUTF8 AUTH DSN REQUIRETLS BINARYMIME FUTURERELEASE DELIVERBY MT-PRIORITY'.split(' '))

/** A command and its argument, by every rule that may be asked. */
export function parseSmtp(line: string): void {
  const { verb, argument } = parseCommandLine(Buffer.from(line, 'latin1'))
  parseHeloName(argument)
  parseBdat(argument)
  decodeXtext(argument)
  if (verb === 'RCPT') parseRcpt(argument, { announced: EVERYTHING, smtpUtf8: line.length % 2 === 0 })
  else parseMail(argument, EVERYTHING)
}

export function parsePop3(line: string): void {
  const { argument } = parsePop3Command(Buffer.from(line, 'latin1'))
  for (const word of words(argument)) assert.ok(messageNumber(word) >= 0)
}

/** Lines that are taken, or refused as bad syntax. */
function grammar(name: string, lines: readonly string[], parse: (line: string) => void, refusal: new (...args: never[]) => Error): Target {
  const attempt = (line: string): void => {
    try {
      parse(line)
    } catch (error) {
      assert.ok(error instanceof refusal, `${shown(line)}: ${String(error)}`)
    }
  }
  return {
    name,
    once: (random) => attempt(mangled(random.pick(lines), random)),
    grow(random) {
      const make = stretched(random.pick(lines), random)
      checkGrowth(() => shown(make(100)), make, attempt, LINE)
    },
  }
}

export function smtpCommands(parse = parseSmtp): Target {
  return grammar('smtp-commands', transcriptLines('smtp'), parse, SmtpSyntaxError)
}

export function pop3Commands(parse = parsePop3): Target {
  return grammar('pop3-commands', transcriptLines('pop3'), parse, Pop3SyntaxError)
}

/** What comes of a message's octets in pieces: text, defect, and whether its end was found. */
function unstuffed(make: () => DotUnstuffer, pieces: readonly Uint8Array[]): string {
  const unstuffer = make()
  let text = ''
  let rest = 0
  const emit = (octets: Uint8Array): void => void (text += Buffer.from(octets).toString('latin1'))
  for (const piece of pieces) {
    const used = unstuffer.done ? 0 : unstuffer.push(piece, emit)
    rest += piece.length - used
  }
  if (!unstuffer.done) unstuffer.end(emit)
  // What is refused is not kept, however much of it was given on.
  return JSON.stringify([unstuffer.defect === undefined ? text : 'refused', unstuffer.done, rest])
}

export function smtpMessages(
  make: (normalise: boolean) => DotUnstuffer = (normalise) => new DotUnstuffer({ normalise, maxLine: 100 }),
): Target {
  const lines = ['.', '..', '', 'x', '...x', 'y'.repeat(101)]
  return {
    name: 'smtp-messages',
    once(random) {
      const octets = rubble(random, lines)
      const normalise = random.chance(0.5)
      const one = (): DotUnstuffer => make(normalise)
      assert.equal(unstuffed(one, random.split(octets, random.pick([1, 2, 9]))), unstuffed(one, [octets]), shown(octets))
    },
    grow(random: Random) {
      const piece = `${random.pick(lines)}${random.pick(['\r\n', '\n', '\r', '\r\n.', '\0'])}`
      const input = (size: number): Buffer => Buffer.from(`x${piece.repeat(Math.ceil(size / piece.length))}`, 'latin1')
      checkGrowth(
        () => shown(piece),
        input,
        (octets) => make(true).push(octets, () => {}),
        1024 * 1024,
      )
    },
  }
}

/** Lines come out the same however their octets were cut, and never longer than they may be. */
export function pop3Framer(make: () => Pop3Framer = () => new Pop3Framer(200)): Target {
  const lines = transcriptLines('pop3')
  const cut = (pieces: readonly Uint8Array[]): string[] => {
    const framer = make()
    const found: string[] = []
    for (const piece of pieces) {
      framer.push(piece)
      for (let line = framer.next(); line !== undefined; line = framer.next()) {
        const text = line.kind === 'line' ? Buffer.from(line.octets).toString('latin1') : undefined
        assert.ok((text ?? '').length <= 200)
        found.push(text ?? line.kind)
      }
    }
    return found
  }
  return {
    name: 'pop3-framer',
    once(random) {
      const octets = rubble(random, lines)
      assert.deepEqual(cut(random.split(octets, random.pick([1, 3, 50]))), cut([octets]), shown(octets))
    },
  }
}
