import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { OctetSource } from '@mailstead/mime'
import { ManualClock } from '@mailstead/testkit'
import { RememberedSignatures } from '../src/index.ts'
import { MAX_REMEMBERED, REMEMBERED_FOR } from '../src/limits.ts'

const NOTHING: OctetSource = { size: 0, read: async () => new Uint8Array(0) }

interface Bench {
  readonly signatures: RememberedSignatures
  readonly clock: ManualClock
  /** What the signer does next, in place of signing. */
  fail: boolean
  signed: number
}

function bench(): Bench {
  const clock = new ManualClock()
  const made: Bench = {
    clock,
    fail: false,
    signed: 0,
    signatures: new RememberedSignatures(
      {
        async sign() {
          made.signed++
          if (made.fail) throw new Error('no store')
          return Uint8Array.of(made.signed)
        },
      },
      clock,
    ),
  }
  return made
}

test('a message is signed once for all its destinations, also at the same time, and anew after a while', async () => {
  const b = bench()
  const sign = async (name: string): Promise<number | undefined> => (await b.signatures.sign(name, NOTHING, ''))[0]
  assert.deepEqual(await Promise.all([sign('a'), sign('a'), sign('b')]), [1, 1, 2])
  b.clock.advance(REMEMBERED_FOR - 1)
  assert.equal(await sign('a'), 1)
  b.clock.advance(1)
  assert.deepEqual(await Promise.all([sign('a'), sign('a')]), [3, 3])
})

test('what could not be signed is tried again', async () => {
  const b = bench()
  b.fail = true
  await assert.rejects(b.signatures.sign('a', NOTHING, ''), /no store/)
  b.fail = false
  assert.equal((await b.signatures.sign('a', NOTHING, ''))[0], 2)
})

test('so many are remembered, the latest', async () => {
  const b = bench()
  for (let i = 0; i <= MAX_REMEMBERED; i++) await b.signatures.sign(`${i}`, NOTHING, '')
  assert.equal(b.signed, MAX_REMEMBERED + 1)
  await b.signatures.sign('1', NOTHING, '')
  assert.equal(b.signed, MAX_REMEMBERED + 1)
  await b.signatures.sign('0', NOTHING, '')
  assert.equal(b.signed, MAX_REMEMBERED + 2)
})
