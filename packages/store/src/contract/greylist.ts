import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { GreylistMark } from '../greylist.ts'
import type { Fixture } from './fixture.ts'

const MINUTE = 60_000

let networks = 0

/** A mark of a network that no other test has. */
function mark(parts: Partial<GreylistMark> = {}): GreylistMark {
  return { network: `198.51.${++networks}.0/24`, sender: 'x@far.example', recipient: 'ann@example.org', ...parts }
}

/** Attempts that have to come again. */
export function greylistTests(given: () => Fixture): void {
  test('a mark keeps the time of the first attempt, and differs by network, sender and recipient', async () => {
    const { backend, clock } = given()
    const { greylist } = backend
    const first = mark()
    assert.deepEqual(await greylist.recall(first), {})
    await greylist.note(first)
    const firstAt = clock.now()
    clock.advance(MINUTE)
    await greylist.note(first)
    assert.deepEqual(await greylist.recall(first), { firstAt })
    for (const other of [mark(), { ...first, sender: '' }, { ...first, recipient: 'bob@example.org' }]) {
      assert.deepEqual(await greylist.recall(other), {})
      await greylist.note(other)
      assert.deepEqual(await greylist.recall(other), { firstAt: clock.now() })
    }
  })

  test('a network is let through from now on, whoever writes to whom, and its marks go', async () => {
    const { backend, clock } = given()
    const { greylist } = backend
    const [first, other] = [mark(), mark()]
    await greylist.note(first)
    await greylist.note(other)
    await greylist.allow(first.network)
    const allowedAt = clock.now()
    assert.deepEqual(await greylist.recall(first), { allowedAt })
    assert.deepEqual(await greylist.recall({ ...first, sender: 'y@far.example', recipient: 'bob@example.org' }), { allowedAt })
    assert.deepEqual(await greylist.recall(other), { firstAt: allowedAt })
    clock.advance(MINUTE)
    await greylist.allow(first.network)
    assert.deepEqual(await greylist.recall(first), { allowedAt: allowedAt + MINUTE })
  })

  test('what is old is forgotten', async () => {
    const { backend, clock } = given()
    const { greylist } = backend
    const all = Array.from({ length: 30 }, () => mark())
    const [old, young, oldNetwork, youngNetwork] = [mark(), mark(), mark(), mark()]
    for (const each of [old, ...all]) await greylist.note(each)
    await greylist.allow(oldNetwork.network)
    clock.advance(MINUTE)
    await greylist.note(young)
    await greylist.allow(youngNetwork.network)
    const now = clock.now()
    assert.ok((await greylist.forget({ marks: now, networks: now })) >= 32)
    assert.deepEqual(await greylist.recall(old), {})
    assert.deepEqual(await greylist.recall(oldNetwork), {})
    assert.deepEqual(await greylist.recall(young), { firstAt: now })
    assert.deepEqual(await greylist.recall(youngNetwork), { allowedAt: now })
    assert.equal(await greylist.forget({ marks: now, networks: now }), 0)
  })
}
