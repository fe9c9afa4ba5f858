import assert from 'node:assert/strict'
import { join } from 'node:path'
import { rmSync } from 'node:fs'
import { test } from 'node:test'
import { connect } from '../src/connection.ts'
import { migrate } from '../src/migrate.ts'
import { GroupCommitter } from '../src/writer/group.ts'
import type { Call, Report } from '../src/rpc.ts'
import { temporaryFolder } from './temporary.ts'

const NORMAL = 1
const FULL = 2

test('only groups that stage octets, and do nothing else, are committed without a sync', () => {
  const folder = temporaryFolder()
  const path = join(folder, 'mail.db')
  const db = connect(path, 'create')
  migrate(db, path)
  db.close()
  const levels: unknown[] = []
  let fails = false
  const committer = new GroupCommitter(path, {
    beforeCommit(connection) {
      levels.push(connection.pragma('synchronous', { simple: true }))
      if (fails) throw new Error('disk I/O error')
    },
  })
  let id = 0
  const call = (op: string, ...args: unknown[]): Call => ({ id: ++id, op, args, now: 0, octets: 0, lazy: false })
  const level = (...calls: Call[]): [unknown, Report] => {
    const report = committer.run(calls)
    return [levels.pop(), report]
  }
  const begin = (): Call => call('writeChunk', undefined, 0, new Uint8Array(10))
  try {
    const [staging, { answers }] = level(begin())
    assert.equal(staging, NORMAL)
    const blob = answers[0] !== undefined && 'value' in answers[0] ? answers[0].value : undefined
    assert.equal(level(call('writeChunk', blob, 1, new Uint8Array(10)))[0], NORMAL)
    assert.equal(level(call('writeChunk', blob, 2, new Uint8Array(10)), call('addDomain', 'a.test'))[0], FULL, 'others with them')
    assert.equal(level(call('writeChunk', blob, 3, new Uint8Array(10)))[0], NORMAL)
    assert.equal(level(call('addDomain', 'b.test'))[0], FULL)
    assert.equal(level(call('discardBlob', blob))[0], NORMAL)
    committer.postpone({ ...call('noteLogins', []), lazy: true })
    assert.equal(level(begin())[0], FULL, 'what was postponed goes along')
    fails = true
    assert.equal(level(begin())[0], NORMAL)
    fails = false
    assert.equal(level(call('addDomain', 'c.test'))[0], FULL, 'on a new connection')
    assert.equal(level(begin())[0], NORMAL)
  } finally {
    committer.close()
    rmSync(folder, { recursive: true })
  }
})
