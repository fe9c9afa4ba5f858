import assert from 'node:assert/strict'
import { test } from 'node:test'
import { withSeed } from '@mailstead/testkit'
import { ImapDecoder, ImapFramer, ImapSyntaxError, type LiteralAnnouncement } from '../../src/imap/index.ts'

const LIMITS = { line: 200, memory: 50, count: 3 }

type Decision = 'memory' | 'stream' | 'refuse'
const byPrefix = (literal: LiteralAnnouncement, prefix: string, fits: boolean): Decision =>
  prefix.includes('APPEND') ? (literal.size > 1000 ? 'refuse' : 'stream') : fits ? 'memory' : 'refuse'

/** Everything the framer says about `pieces`, in words; data of one streamed literal joined. */
function frames(pieces: Iterable<Uint8Array>, decide = byPrefix): string[] {
  const framer = new ImapFramer(LIMITS)
  const said: string[] = []
  let data = ''
  const drain = (): void => {
    for (let event = framer.next(); event !== undefined; event = framer.next()) {
      if (event.kind === 'literal') {
        const decision = decide(event.literal, Buffer.from(event.prefix.line).toString('latin1'), event.fits)
        said.push(`${decision} ${event.literal.size}${event.literal.sync ? '' : '+'}`)
        framer.decide(decision)
      } else if (event.kind === 'data') {
        data += Buffer.from(event.bytes).toString('latin1')
      } else if (event.kind === 'streamed') {
        framer.finish(data)
        data = ''
      } else if (event.kind === 'command') {
        const literals = event.frame.literals.map(({ at, value }) => {
          if (value.kind === 'memory') return `${at}=${Buffer.from(value.bytes).toString('latin1')}`
          return value.kind === 'stream' ? `${at}~${String(value.handle)}` : `${at}?`
        })
        said.push(`command ${[Buffer.from(event.frame.line).toString('latin1'), ...literals].join(' | ')}`)
      } else {
        said.push(`${event.kind} ${Buffer.from(event.prefix.line).subarray(0, 8).toString('latin1')}`)
      }
    }
  }
  for (const piece of pieces) {
    framer.push(piece)
    drain()
  }
  assert.equal(framer.buffered, 0)
  return said
}

const table: [what: string, input: string, said: string[]][] = [
  ['lines', 'a NOOP\r\nb NOOP\n', ['command a NOOP', 'command b NOOP']],
  ['nothing yet', 'a NOOP\r', []],
  ['an empty line', '\r\n', ['command ']],
  ['a literal', 'a LOGIN {3}\r\nx\r\n y\r\n', ['memory 3', 'command a LOGIN {3} y | 11=x\r\n']],
  ['two literals', 'a L {1+}\r\nx {0+}\r\n\r\n', ['memory 1+', 'memory 0+', 'command a L {1+} {0+} | 8=x | 13=']],
  ['a literal right behind a literal', 'a L {1+}\r\nx{1+}\r\ny\r\n', ['memory 1+', 'memory 1+', 'command a L {1+}{1+} | 8=x | 12=y']],
  ['a streamed literal', 'a APPEND {60}\r\n' + '.'.repeat(60) + '\r\n', ['stream 60', `command a APPEND {60} | 13~${'.'.repeat(60)}`]],
  ['a refused literal ends the command', 'a L {51}\r\nb NOOP\r\n', ['refuse 51', 'refused a L {51}', 'command b NOOP']],
  [
    'a refused literal that comes anyway is skipped, and what follows it',
    'a L {51+}\r\n' + '\n'.repeat(51) + ' {2+}\r\nxx x\r\nb NOOP\r\n',
    ['refuse 51+', 'refused a L {51+', 'command b NOOP'],
  ],
  [
    'a refused literal, then one the client waits for',
    'a L {51+}\r\n' + '\n'.repeat(51) + ' {2}\r\nb NOOP\r\n',
    ['refuse 51+', 'refused a L {51+', 'command b NOOP'],
  ],
  [
    'too many literals',
    'a {0+}\r\n{0+}\r\n{0+}\r\n{0+}\r\n\r\nb\r\n',
    [...Array<string>(3).fill('memory 0+'), 'refuse 0+', 'refused a {0+}{0', 'command b'],
  ],
  ['a line too long', `a ${'x'.repeat(300)}\r\nb NOOP\r\n`, ['too-long a xxxxxx', 'command b NOOP']],
  ['a long line with a literal', `a ${'x'.repeat(300)} {4+}\r\nb\r\n\r\nc\r\n`, ['too-long a xxxxxx', 'command c']],
  ['a long line with a literal the client waits for', `a ${'x'.repeat(300)} {4}\r\nb\r\n`, ['too-long a xxxxxx', 'command b']],
  ['a line of the longest length', `a ${'x'.repeat(198)}\r\n`, [`command a ${'x'.repeat(198)}`]],
  ['an enormous announcement', 'a L {99999999999999999999}\r\nb\r\n', ['refuse 100000000000000000000', 'refused a L {999', 'command b']],
]

for (const [what, input, said] of table) {
  test(`framer: ${what}`, () => assert.deepEqual(frames([Buffer.from(input, 'latin1')]), said))
  test(`framer: ${what}, octet by octet`, () => {
    assert.deepEqual(frames([...Buffer.from(input, 'latin1')].map((octet) => Buffer.of(octet))), said)
  })
}

test('a sink may give up in the middle of a literal', () => {
  const framer = new ImapFramer(LIMITS)
  framer.push(Buffer.from('a APPEND {10}\r\n01234'))
  assert.equal(framer.next()?.kind, 'literal')
  framer.decide('stream')
  assert.equal(framer.next()?.kind, 'data')
  framer.decide('refuse')
  framer.push(Buffer.from('56789 x\r\nb\r\n'))
  assert.equal(framer.next()?.kind, 'refused')
  assert.equal(framer.next()?.kind, 'command')
})

test('raw lines pass between commands, and long ones are named', () => {
  const framer = new ImapFramer(LIMITS)
  framer.push(Buffer.from('DO'))
  assert.equal(framer.rawLine(10), undefined)
  framer.push(Buffer.from('NE{3}\r\n' + 'x'.repeat(20) + '\r\na NOOP\r\n'))
  assert.equal(String(framer.rawLine(10)), 'DONE{3}')
  assert.equal(framer.rawLine(10), 'too-long')
  assert.equal(framer.next()?.kind, 'command')
})

test('clear forgets what was pipelined', () => {
  const framer = new ImapFramer(LIMITS)
  framer.push(Buffer.from('a STARTTLS\r\nb NOOP\r\nc NO'))
  assert.equal(framer.next()?.kind, 'command')
  framer.clear()
  framer.push(Buffer.from('d NOOP\r\n'))
  const event = framer.next()
  assert.equal(event?.kind === 'command' ? String(event.frame.line) : '', 'd NOOP')
})

const WORDS = [
  'a',
  'APPEND',
  '{',
  '}',
  '+',
  '~',
  '5',
  '0',
  '12',
  '\r',
  '\n',
  '\r\n',
  ' ',
  '"',
  '\\',
  '(',
  ')',
  '{5}\r\n',
  '{3+}\r\n',
  '{90+}\r\n',
  '*',
  ':',
  ',',
  '&',
  '\0',
  'ü',
]

test('any slicing gives the same frames', () =>
  withSeed((random) => {
    for (let round = 0; round < 400; round++) {
      let text = ''
      for (let n = random.int(120); n > 0; n--) text += random.pick(WORDS)
      // Enough line ends to close whatever is open, so that nothing stays buffered.
      const input = Buffer.from(text + '\r\n'.repeat(60), 'latin1')
      const whole = frames([input])
      assert.deepEqual(frames(random.split(input, 1 + random.int(40))), whole, JSON.stringify(text))
    }
  }))

test('the decoder throws ImapSyntaxError or nothing', () =>
  withSeed((random) => {
    const rules: ((d: ImapDecoder) => unknown)[] = [
      (d) => d.astring(),
      (d) => d.mailbox(),
      (d) => d.listMailbox(),
      (d) => d.sequenceSet(),
      (d) => d.flagList(),
      (d) => d.dateTime(),
      (d) => d.date(),
      (d) => d.nstring(),
      (d) => d.commandName(),
      (d) => d.tag(),
      (d) => d.number64(),
      (d) => d.literal(),
      (d) => d.list(() => d.astring()),
    ]
    for (let round = 0; round < 20_000; round++) {
      let text = ''
      for (let n = random.int(12); n > 0; n--) text += random.pick(WORDS)
      const rule = rules[round % rules.length]
      try {
        rule?.(new ImapDecoder(Buffer.from(text, 'latin1')))
      } catch (error) {
        assert.ok(error instanceof ImapSyntaxError, `${JSON.stringify(text)}: ${String(error)}`)
      }
    }
  }))
