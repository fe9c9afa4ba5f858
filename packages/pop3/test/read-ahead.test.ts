import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { MailboxId, MailStore, MessageRow, Uid } from '@mailstead/store'
import { ManualClock } from '@mailstead/testkit'
import { AHEAD_IN_ALL, AHEAD_KEPT, MESSAGES_AHEAD, READ_AHEAD } from '../src/limits.ts'
import { AheadRoom, ReadAhead } from '../src/read-ahead.ts'

interface Bench {
  readonly ahead: ReadAhead
  readonly clock: ManualClock
  /** UIDs of each call. */
  readonly calls: number[][]
  readonly released: number[][]
  fail: boolean
}

/** Messages with these sizes and numbers from 1, of which message n has the UID 10n. */
function reading(sizes: readonly number[], { room = new AheadRoom(), marked = [] as number[] } = {}): Bench {
  const clock = new ManualClock()
  const calls: number[][] = []
  const released: number[][] = []
  const store = {
    fetch: (_: MailboxId, uids: readonly Uid[]) => {
      calls.push([...uids])
      return bench.fail ? Promise.reject(new Error('disk')) : Promise.resolve(uids.map((uid) => ({ uid }) as MessageRow))
    },
    release: (rows: readonly MessageRow[]) => void released.push(rows.map(({ uid }) => uid)),
  } as unknown as MailStore
  const numbers = {
    last: sizes.length,
    state: (number: number) => (marked.includes(number) ? ('marked' as const) : ('there' as const)),
    uid: (number: number) => (10 * number) as Uid,
    size: (number: number) => sizes[number - 1] as number,
  }
  const bench = { ahead: new ReadAhead(store, 1 as MailboxId, numbers, room, clock), clock, calls, released, fail: false }
  return bench
}

async function readAll({ ahead }: Bench, numbers: readonly number[]): Promise<void> {
  for (const number of numbers) {
    const message = await ahead.read(number)
    assert.equal(message?.row.uid, 10 * number)
    message.done()
  }
}

suite('reading ahead', () => {
  test('begins with the second message in a row, leaves out what is marked, and gives back what was read', async () => {
    const bench = reading([100, 100, 100, 100, 100], { marked: [3] })
    await readAll(bench, [2, 3, 4, 5])
    assert.deepEqual(bench.calls, [[20], [30, 40, 50]])
    assert.deepEqual(bench.released, [[20], [30, 40, 50]])
  })

  test('is bounded by octets and messages; of large messages there is only the row', async () => {
    const half = READ_AHEAD / 2
    const bench = reading([1, half, half, 1, 10 * READ_AHEAD, half])
    await readAll(bench, [1, 2, 3, 4, 5, 6])
    assert.deepEqual(bench.calls, [[10], [20, 30], [40, 50, 60]])
    const small = reading(Array.from({ length: 200 }, () => 10))
    await readAll(small, [1, 2])
    assert.equal(small.calls[1]?.length, MESSAGES_AHEAD + 1)
  })

  test('is forgotten after a while, by another order, and at the end', async () => {
    const bench = reading([1, 1, 1, 1, 1, 1])
    await readAll(bench, [1, 2])
    bench.clock.advance(AHEAD_KEPT)
    await readAll(bench, [3])
    await readAll(bench, [2])
    await readAll(bench, [3])
    bench.ahead.close()
    await readAll(bench, [4])
    assert.deepEqual(
      bench.calls.map(([first]) => first),
      [10, 20, 30, 20, 30, 40],
    )
  })

  test('all sessions share the room, and give it back', async () => {
    const room = new AheadRoom()
    const sizes = [1, 1, 200_000, 200_000]
    const others = Array.from({ length: Math.floor(AHEAD_IN_ALL / 400_000) }, () => reading(sizes, { room }))
    for (const other of others) await readAll(other, [1, 2])
    const late = reading(sizes, { room })
    await readAll(late, [1, 2])
    assert.deepEqual(late.calls, [[10], [20]])
    others[0]?.ahead.close()
    await readAll(late, [3])
    assert.deepEqual(late.calls[2], [30, 40])
  })

  test('a call that fails takes no room', async () => {
    const room = new AheadRoom()
    const bench = reading([1, 1, 200_000], { room })
    await readAll(bench, [1])
    bench.fail = true
    await assert.rejects(async () => bench.ahead.read(2), /disk/)
    assert.ok(room.take(AHEAD_IN_ALL))
  })
})
