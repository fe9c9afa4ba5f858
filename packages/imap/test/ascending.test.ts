import assert from 'node:assert/strict'
import { test } from 'node:test'
import { withSeed } from '@mailstead/testkit'
import { without } from '../src/ascending.ts'
import { Responder } from '../src/responses.ts'

/** What a client keeps who takes away one message after the other. */
function obey(uids: readonly number[], lines: string): number[] {
  const left = [...uids]
  for (const [, number] of lines.matchAll(/\* (\d+) EXPUNGE\r\n/g)) left.splice(Number(number) - 1, 1)
  return left
}

function tell(uids: readonly number[], gone: readonly number[]): { left: number[]; lines: string } {
  let lines = ''
  const respond = new Responder({ write: (text: string) => void (lines += text) } as never)
  const left = without(Uint32Array.from(uids), gone, (place, times) => respond.expunge(place + 1, times))
  return { left: [...left], lines }
}

test('what is told of messages that leave, together or apart, is what is left of them', () =>
  withSeed((random) => {
    for (let round = 0; round < 200; round++) {
      const uids = Array.from({ length: random.int(30) }, (_, index) => index * 2 + 1)
      const gone = uids.filter(() => random.chance(round / 200))
      const { left, lines } = tell(uids, gone)
      assert.deepEqual(
        left,
        uids.filter((uid) => !gone.includes(uid)),
      )
      assert.deepEqual(obey(uids, lines), left)
    }
  }))

test('thousands that leave together are each told', () => {
  const uids = Array.from({ length: 10_000 }, (_, index) => index + 1)
  assert.equal(tell(uids, uids.slice(3)).lines, '* 4 EXPUNGE\r\n'.repeat(9_997))
})
