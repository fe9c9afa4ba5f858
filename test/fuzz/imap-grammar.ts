import assert from 'node:assert/strict'
import { ImapDecoder, ImapFramer, ImapSyntaxError, parseImapUrl, type FramerEvent, type ImapUrl } from '@mailstead/wire'
import { toFailure } from '../../packages/imap/src/errors.ts'
import { fullRegistry } from '../../packages/imap/src/registry.ts'
import { checkGrowth } from './growth.ts'
import { mangled, rubble, stretched, transcriptLines } from './mutate.ts'
import { shown, type Target } from './target.ts'

/** As much as a line may have once somebody has logged in. */
const LINE = 128 * 1024

type Parse = (line: string) => void

/** Reads a command as the server does, to the end of its arguments. */
export function parseCommand(line: string): void {
  const decoder = new ImapDecoder(Buffer.from(line, 'latin1'))
  const registry = fullRegistry()
  const entry = registry.command(decoder.commandName())
  decoder.setOrigin()
  entry?.parse(decoder, registry)
}

/** Commands with arguments by the grammar of all extensions: each is taken, or refused as bad syntax. */
export function imapCommands(parse: Parse = parseCommand): Target {
  const lines = transcriptLines('imap', true)
  const attempt = (line: string): void => {
    try {
      parse(line)
    } catch (error) {
      assert.ok(!toFailure(error).bug, `${shown(line)}: ${String(error)}`)
    }
  }
  return {
    name: 'imap-commands',
    once: (random) => attempt(mangled(random.pick(lines), random)),
    grow(random) {
      const make = stretched(random.pick(lines), random)
      checkGrowth(() => shown(make(100)), make, attempt, LINE)
    },
  }
}

const URLS: readonly string[] = [
  '/INBOX;UIDVALIDITY=785799047/;UID=113330/;SECTION=1.5.9/;PARTIAL=0.1024',
  '/a%2F..%2Fb/%D0%9F/;UID=1/;SECTION=HEADER.FIELDS%20(From)',
  '/INBOX?SUBJECT%20x',
  'imap://joe%40x;AUTH=*@[::1]:143/INBOX/;uid=20/;section=1.2;expire=2030-01-02T03:04:05Z;urlauth=submit+fred:internal:91354a473744909de610943775f92038',
  'imap://joe@example.com/INBOX/;uid=20;urlauth=anonymous:internal:91354a473744909de610943775f92038',
]

/** URLs: read, or told to be none, whatever they are. What is read says the same when it is read again. */
export function imapUrls(parse: (text: string) => ImapUrl | undefined = parseImapUrl): Target {
  return {
    name: 'imap-urls',
    once(random) {
      const text = mangled(random.pick(URLS), random)
      const url = parse(text)
      if (url?.auth?.proof !== undefined) assert.deepEqual(parse(url.auth.rump)?.auth?.access, url.auth.access, shown(text))
      if (url?.mailbox !== undefined) assert.equal(url.mailbox, url.mailbox.normalize('NFC'), shown(text))
    },
    grow(random) {
      const make = stretched(random.pick(URLS), random)
      checkGrowth(() => shown(make(100)), make, parse, LINE)
    },
  }
}

type Method = keyof ImapDecoder &
  ('atom' | 'astring' | 'sequenceSet' | 'number' | 'mailbox' | 'listMailbox' | 'flagList' | 'dateTime' | 'date' | 'nstring')
const METHODS: readonly Method[] = [
  'atom',
  'astring',
  'sequenceSet',
  'number',
  'mailbox',
  'listMailbox',
  'flagList',
  'dateTime',
  'date',
  'nstring',
]
/** Of which each rule can take any number. */
const REPEATED: Readonly<Partial<Record<Method, readonly string[]>>> = {
  sequenceSet: ['1,', '1:2,', '*:5,'],
  flagList: ['a ', '\\Seen '],
  atom: ['a'],
  astring: ['a', '\\"'],
  nstring: ['a', '\\"'],
  mailbox: ['a', '&-', '&AOQ-', '/'],
  listMailbox: ['%', '*', 'a', '&-'],
}
const TOKENS =
  '( ) [ ] " "" "\\"" {2} {2+} ~{1} a B 1 0 9999999999 1:2 *:* $ , : * % & &- &AOQ- &2D3eAA- \\Seen \\* INBOX inbox NIL "01-Jan-2020 10:00:00 +0100" 1-Feb-1994 \0 \r \xff \xc3\xa4'.split(
    ' ',
  )

/** Each rule of the grammar by itself, with literals or without: it takes what it reads, or throws ImapSyntaxError. */
export function imapDecoder(call: (decoder: ImapDecoder, method: Method) => unknown = (decoder, method) => decoder[method]()): Target {
  const attempt = (decoder: ImapDecoder, method: Method, text: string): void => {
    try {
      call(decoder, method)
    } catch (error) {
      assert.ok(error instanceof ImapSyntaxError, `${method} of ${shown(text)}: ${String(error)}`)
    }
  }
  return {
    name: 'imap-decoder',
    once(random) {
      const text = Array.from({ length: random.int(8) }, () => random.pick(TOKENS)).join(random.pick(['', ' ']))
      const utf8Names = random.chance(0.5)
      const literals = random.chance(0.3)
        ? [
            {
              at: random.int(text.length + 1),
              size: 2,
              binary: random.chance(0.3),
              value: { kind: 'memory', bytes: random.bytes(2) } as const,
            },
          ]
        : []
      attempt(new ImapDecoder({ line: Buffer.from(text, 'latin1'), literals }, { utf8Names }), random.pick(METHODS), text)
    },
    grow(random) {
      const method = random.pick(METHODS)
      const utf8Names = random.chance(0.5)
      const head = random.pick(['', '(', '"', random.pick(TOKENS)])
      const repeated = REPEATED[method]
      const piece = repeated !== undefined && random.chance(0.7) ? random.pick(repeated) : random.pick(TOKENS) + random.pick(TOKENS)
      const tail = random.pick(['', '1', ')', '"'])
      const make = (size: number): string => head + piece.repeat(Math.ceil(size / piece.length)) + tail
      checkGrowth(
        () => `${method} of ${shown(make(40))}`,
        (size) => Buffer.from(make(size), 'latin1'),
        (octets) => attempt(new ImapDecoder(octets, { utf8Names }), method, 'a long one'),
        LINE,
      )
    },
  }
}

const LIMITS = { line: 400, memory: 100, count: 4 }

/** What the framer makes of octets that come in pieces. */
function frames(
  make: () => ImapFramer,
  pieces: readonly Uint8Array[],
  decide: (event: FramerEvent & { kind: 'literal' }) => 'memory' | 'stream' | 'refuse',
): string[] {
  const framer = make()
  const found: string[] = []
  let streamed = Buffer.alloc(0)
  for (const piece of pieces) {
    framer.push(piece)
    for (let event = framer.next(); event !== undefined; event = framer.next()) {
      if (event.kind === 'literal') {
        found.push(`literal ${event.literal.size} ${event.fits}`)
        framer.decide(event.fits ? decide(event) : 'refuse')
      } else if (event.kind === 'data') streamed = Buffer.concat([streamed, event.bytes])
      else if (event.kind === 'streamed') {
        found.push(`streamed ${streamed.toString('latin1')}`)
        streamed = Buffer.alloc(0)
        framer.finish('handle')
      } else {
        const frame = event.kind === 'command' ? event.frame : event.prefix
        // A line may end without CR.
        assert.ok(frame.line.length <= LIMITS.line + 1, `a line of ${frame.line.length} octets`)
        found.push(`${event.kind} ${Buffer.from(frame.line).toString('latin1')} ${JSON.stringify(frame.literals)}`)
      }
    }
    assert.ok(framer.buffered <= piece.length, `${framer.buffered} octets are kept of ${piece.length}`)
  }
  return found
}

/** Commands come out the same however their octets were cut, and within the limits. */
export function imapFramer(make: () => ImapFramer = () => new ImapFramer(LIMITS)): Target {
  const lines = transcriptLines('imap')
  const decide = ({ literal }: { literal: { size: number } }): 'memory' | 'stream' | 'refuse' =>
    (['memory', 'stream', 'refuse'] as const)[literal.size % 3] ?? 'memory'
  return {
    name: 'imap-framer',
    once(random) {
      const octets = rubble(random, lines)
      const whole = frames(make, [octets], decide)
      assert.deepEqual(frames(make, random.split(octets, random.pick([1, 3, 50])), decide), whole, shown(octets))
    },
    grow(random) {
      const cut = random.pick([1, 7, 1000])
      const line = `${random.pick(lines)}${random.pick(['', '\r\n', '{1+}\r\nx', '\n', '{9}'])}`
      const pieces = (size: number): Uint8Array[] => {
        const octets = Buffer.from(line.repeat(Math.ceil(size / Math.max(1, line.length))), 'latin1')
        return Array.from({ length: Math.ceil(octets.length / cut) }, (_, index) => octets.subarray(index * cut, (index + 1) * cut))
      }
      if (line !== '')
        checkGrowth(
          () => `${shown(line)} again and again in pieces of ${cut}`,
          pieces,
          (input) => countFrames(make, input),
          LINE,
        )
    },
  }
}

/** As `frames`, without keeping anything. */
function countFrames(make: () => ImapFramer, pieces: readonly Uint8Array[]): void {
  const framer = make()
  framer.limits = { line: LINE, memory: LINE, count: 100 }
  for (const piece of pieces) {
    framer.push(piece)
    for (let event = framer.next(); event !== undefined; event = framer.next()) {
      if (event.kind === 'literal') framer.decide(event.fits ? 'memory' : 'refuse')
    }
  }
}
