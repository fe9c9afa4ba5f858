import assert from 'node:assert/strict'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { collectLogger, ManualClock, readImapValue, seeded, tempDir, withSeed } from '@mailstead/testkit'

test('the clock fires timers in order of time, also those set meanwhile', () => {
  const clock = new ManualClock(1000)
  const fired: [string, number][] = []
  const note = (name: string) => () => void fired.push([name, clock.now()])
  clock.after(20, note('b'))
  clock.after(10, () => {
    note('a')()
    clock.after(5, note('c'))
    clock.after(100, note('late'))
  })
  clock.after(15, note('cancelled')).cancel()
  clock.advance(30)
  assert.deepEqual(fired, [['a', 1010], ['c', 1015], ['b', 1020]]) // prettier-ignore
  assert.equal(clock.now(), 1030)
  assert.equal(clock.pending, 1)
})

test('a temporary folder is gone after its test', async (t) => {
  let dir = ''
  await t.test('inside', async (inner) => {
    dir = await tempDir(inner)
    writeFileSync(join(dir, 'file'), 'x')
  })
  assert.equal(existsSync(dir), false)
})

test('one seed, one sequence; pieces join to the whole', () => {
  const [a, b] = [seeded(7), seeded(7)]
  assert.deepEqual(a.bytes(100), b.bytes(100))
  assert.notDeepEqual(a.bytes(100), seeded(8).bytes(100))
  const octets = a.bytes(1000)
  assert.deepEqual(Buffer.concat(a.split(octets, 9)), octets)
})

test('a failure names its seed', async () => {
  await assert.rejects(
    withSeed(() => {
      throw new Error('boom')
    }),
    /MAILSTEAD_SEED=\d+: boom/,
  )
})

test('the logger keeps what children say with their fields', () => {
  const log = collectLogger()
  log.child({ session: 's' }).child({ user: 'u' }).warn('login failed', { reason: 'x' })
  assert.deepEqual(log.events, [{ level: 'warn', event: 'login failed', fields: { session: 's', user: 'u', reason: 'x' } }])
})

test('IMAP values are read with their lists, strings and literals', () => {
  assert.deepEqual(readImapValue('(NIL nil "a \\"\\\\ (" ("b")() {3}\r\n")( 12 x[1]<0>) rest'), [
    null,
    null,
    'a "\\ (',
    ['b'],
    [],
    '")(',
    '12',
    'x[1]<0>',
  ])
  for (const broken of ['("a', '(a', '{9}\r\nabc', ')']) assert.throws(() => readImapValue(broken), Error, broken)
})
