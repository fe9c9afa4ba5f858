import assert from 'node:assert/strict'
import { test } from 'node:test'
import { withSeed } from '@mailstead/testkit'
import { DotUnstuffer, type MessageDefect } from '@mailstead/wire'

interface Result {
  readonly message: string
  readonly rest: string
  readonly done: boolean
  readonly defect: MessageDefect | undefined
}

/** Feeds `wire` in pieces of the given lengths, the last one repeated. */
function unstuff(wire: string, cuts: readonly number[], normalise = false, maxLine = 998): Result {
  const input = Buffer.from(wire, 'latin1')
  const unstuffer = new DotUnstuffer({ normalise, maxLine })
  const pieces: Uint8Array[] = []
  let at = 0
  for (let i = 0; at < input.length && !unstuffer.done; i++) {
    const chunk = input.subarray(at, at + (cuts[Math.min(i, cuts.length - 1)] ?? 1))
    const used = unstuffer.push(chunk, (piece) => pieces.push(Uint8Array.from(piece)))
    if (!unstuffer.done) assert.equal(used, chunk.length)
    at += used
  }
  return {
    message: Buffer.concat(pieces).toString('latin1'),
    rest: input.subarray(at).toString('latin1'),
    done: unstuffer.done,
    defect: unstuffer.defect,
  }
}

const SLICINGS = [[1e6], [1], [2], [3], [1, 2, 3, 5, 7]]

const messages: [wire: string, message: string, rest: string][] = [
  ['.\r\n', '', ''],
  ['a\r\n.\r\n', 'a\r\n', ''],
  ['a\r\n.\r\nQUIT\r\n', 'a\r\n', 'QUIT\r\n'],
  ['..\r\n.\r\n', '.\r\n', ''],
  ['..\r\n..\r\n..\r\n.\r\nNOOP\r\n', '.\r\n.\r\n.\r\n', 'NOOP\r\n'],
  ['..a\r\n...\r\nb..\r\n.\r\n', '.a\r\n..\r\nb..\r\n', ''],
  ['.a\r\n.\r\n', 'a\r\n', ''], // a dot that was not stuffed goes too, RFC 5321 section 4.5.2
  ['\r\n\r\n.\r\n', '\r\n\r\n', ''],
  ['\xff\xfe\r\n.\r\n', '\xff\xfe\r\n', ''],
  [`..${'x'.repeat(99)}\r\n.\r\n`, `.${'x'.repeat(99)}\r\n`, ''],
]

for (const [wire, message, rest] of messages) {
  for (const cuts of SLICINGS) {
    test(`unstuffs ${JSON.stringify(wire)} in pieces of ${cuts.join()}`, () => {
      assert.deepEqual(unstuff(wire, cuts), { message, rest, done: true, defect: undefined })
      assert.deepEqual(unstuff(wire, cuts, true), { message, rest, done: true, defect: undefined })
    })
  }
}

/** None of these dots ends the message: each is what some server once took for the end. */
const smuggling: [wire: string, defect: MessageDefect, normalised: string][] = [
  ['a\n.\nb', 'bare-lf', 'a\r\n.\r\nb'],
  ['a\n.\r\nb', 'bare-lf', 'a\r\n.\r\nb'],
  ['a\r\n.\nb', 'bare-lf', 'a\r\n\r\nb'],
  ['a\r.\rb', 'bare-cr', 'a\r\n.\r\nb'],
  ['a\r\n.\rb', 'bare-cr', 'a\r\n\r\nb'],
  ['a\r.\r\nb', 'bare-cr', 'a\r\n.\r\nb'],
  ['a\r\r\n.\r\r\nb', 'bare-cr', 'a\r\n\r\n\r\n\r\nb'],
  ['a\r\n\0.\r\nb', 'nul', 'a\r\n.\r\nb'],
  ['a\r\n.\0\r\nb', 'nul', 'a\r\n\r\nb'],
  ['.\nb', 'bare-lf', '\r\nb'],
  ['\n.\r\nb', 'bare-lf', '\r\n.\r\nb'],
]

for (const [wire, defect, normalised] of smuggling) {
  for (const cuts of SLICINGS) {
    test(`${JSON.stringify(wire)} in pieces of ${cuts.join()} does not end`, () => {
      const strict = unstuff(`${wire}\r\n.\r\n`, cuts)
      assert.deepEqual([strict.defect, strict.done, strict.rest], [defect, true, ''])
      const lenient = unstuff(`${wire}\r\n.\r\n`, cuts, true)
      assert.deepEqual([lenient.defect, lenient.done, lenient.message], [undefined, true, `${normalised}\r\n`])
    })
  }
}

for (const length of [998, 999, 5000]) {
  test(`a line of ${length} octets under a limit of 998`, () => {
    for (const cuts of SLICINGS) {
      assert.equal(unstuff(`${'x'.repeat(length)}\r\n.\r\n`, cuts).defect, length > 998 ? 'line-too-long' : undefined)
    }
  })
}

test('a line that never ends is known to be too long before its end', () => {
  const unstuffer = new DotUnstuffer({ normalise: false, maxLine: 998 })
  unstuffer.push(Buffer.alloc(999, 0x78), () => {})
  assert.equal(unstuffer.defect, 'line-too-long')
})

test('any message survives stuffing and any slicing (seeded)', () => {
  const seed = Math.floor(Math.random() * 2 ** 31)
  let state = seed
  const next = (below: number): number => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff
    return (state >> 8) % below
  }
  const atoms = ['.', '..', '\r\n', 'a', 'text ', '\r\n.', '\r\n\r\n', '\xe4']
  for (let round = 0; round < 2000; round++) {
    const message = `${Array.from({ length: next(12) }, () => atoms[next(atoms.length)]).join('')}\r\n`
    const wire = `${message.replace(/^\./, '..').replaceAll('\r\n.', '\r\n..')}.\r\nREST`
    const cuts = [1 + next(4), 1 + next(4), 1 + next(9)]
    assert.deepEqual(unstuff(wire, cuts), { message, rest: 'REST', done: true, defect: undefined }, `seed ${seed}, round ${round}`)
  }
})

test('lines that are looked at as a whole come out as those that are walked through (seeded)', async () => {
  await withSeed((random) => {
    const rare = ['\r', '\n', '\0', '.', '..', '\r\n.', '.\r', '\r\n.\r\n']
    for (let round = 0; round < 500; round++) {
      // Which of two defects is the first may depend on how a message comes.
      const isLimited = random.int(3) === 0
      const text = (): string => 'x'.repeat(random.int(200))
      const line = (): string => `${text()}${!isLimited && random.int(9) === 0 ? random.pick(rare) : ''}${text()}\r\n`
      const lines = Array.from({ length: 1 + random.int(9) }, line).join('')
      const wire = `${lines}.\r\n${random.int(2) === 0 ? '' : 'QUIT\r\n'}`
      const maxLine = isLimited ? 150 + random.int(400) : 1e6
      const normalise = random.int(2) === 0
      const whole = unstuff(wire, [1 + random.int(400), 1 + random.int(1500), 1e6], normalise, maxLine)
      assert.deepEqual(whole, unstuff(wire, [1], normalise, maxLine), `round ${round}: ${JSON.stringify(wire)}`)
    }
  })
})

test('a body of dots makes as few pieces as any other', () => {
  const count = (wire: string): number => {
    const unstuffer = new DotUnstuffer({ normalise: false, maxLine: 998 })
    let pieces = 0
    unstuffer.push(Buffer.from(wire), () => pieces++)
    return pieces
  }
  assert.ok(count('..\r\n'.repeat(16384)) <= 2)
  assert.ok(count('text\r\n'.repeat(16384)) <= 2)
})

const unstuffed: [wire: string, message: string, defect: MessageDefect | undefined, normalised: string][] = [
  ['.\r\n.\r\n..\r\n', '.\r\n.\r\n..\r\n', undefined, '.\r\n.\r\n..\r\n'],
  ['no line end', 'no line end', undefined, 'no line end'],
  ['a\r', 'a\r', 'bare-cr', 'a\r\n'],
  ['a\nb\r\n', 'a\nb\r\n', 'bare-lf', 'a\r\nb\r\n'],
]

for (const [wire, message, defect, normalised] of unstuffed) {
  test(`with a length instead of dots: ${JSON.stringify(wire)}`, () => {
    for (const size of [1, 2, 100]) {
      for (const normalise of [false, true]) {
        const filter = new DotUnstuffer({ stuffed: false, normalise, maxLine: 998 })
        const pieces: Uint8Array[] = []
        const keep = (piece: Uint8Array): void => void pieces.push(Uint8Array.from(piece))
        for (let at = 0; at < wire.length; at += size) filter.push(Buffer.from(wire.slice(at, at + size), 'latin1'), keep)
        filter.end(keep)
        assert.equal(Buffer.concat(pieces).toString('latin1'), normalise ? normalised : message)
        assert.equal(filter.defect, normalise ? undefined : defect)
        assert.equal(filter.done, false)
      }
    }
  })
}
