import assert from 'node:assert/strict'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { createWireTap, type ConnectionInfo } from '../src/index.ts'
import { tempDir } from './support.ts'

const info: ConnectionInfo = { id: 'x-1', secure: true, remoteAddress: '127.0.0.1', remotePort: 1, localPort: 993, loopback: true }

test('a session becomes a file of C: and S: lines', async () => {
  const dir = join(tempDir(), 'wire')
  const tap = createWireTap(dir).open('imap', info)
  tap.server('* OK ready')
  tap.client('a APPEND INBOX {12}')
  tap.client('Subject: x\r\n\r\nbody')
  tap.server('')
  tap.close()
  tap.client('after the end')
  const file = join(dir, 'imap-x-1.txt')
  const expected = '# IMAP session x-1, port 993, TLS\nS: * OK ready\nC: a APPEND INBOX {12}\nC: Subject: x\nC:\nC: body\nS:\n'
  for (let turn = 0; turn < 500 && readdirSync(dir).length === 0; turn++) await new Promise((resolve) => setImmediate(resolve))
  for (let turn = 0; turn < 500 && readFileSync(file, 'utf8') !== expected; turn++) await new Promise((resolve) => setImmediate(resolve))
  assert.equal(readFileSync(file, 'utf8'), expected)
  assert.equal(statSync(file).mode & 0o777, 0o600)
})
