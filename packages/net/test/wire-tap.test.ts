import assert from 'node:assert/strict'
import { existsSync, readFileSync, statSync } from 'node:fs'
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
  const written = (): boolean => existsSync(file) && readFileSync(file, 'utf8') === expected
  for (const end = Date.now() + 10_000; !written() && Date.now() < end;) await new Promise((resolve) => setTimeout(resolve, 5))
  assert.equal(readFileSync(file, 'utf8'), expected)
  assert.equal(statSync(file).mode & 0o777, 0o600)
})
