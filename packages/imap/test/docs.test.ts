import assert from 'node:assert/strict'
import { test } from 'node:test'
import { extensionDocs } from '../src/index.ts'

const docs = extensionDocs()

test('the documentation has a row for every command and capability', () => {
  const rows = docs.split('\n').filter((line) => line.startsWith('| `'))
  const firsts = rows.map((row) => /^\| `([^`]+)`/.exec(row)?.[1] ?? '')
  for (const name of ['UIDPLUS', 'QUOTA=RES-STORAGE', 'LOGIN', 'UID FETCH', 'UID EXPUNGE', 'XLIST', 'STARTTLS']) {
    assert.ok(firsts.includes(name), name)
  }
  assert.equal(new Set(rows).size, rows.length)
})

test('a row says state, origin and what is told', () => {
  assert.match(docs, /^\| `UID STORE` \| mailbox selected \| \[RFC 3501\]\(\S+\) \| flags, expunges and arrivals \|$/m)
  assert.match(docs, /^\| `FETCH` \| mailbox selected \| \[RFC 3501\]\(\S+\) \| flags and arrivals \|$/m)
  assert.match(docs, /^\| `LIST-STATUS` \| \[RFC 5819\]\(\S+\) \| .* \| LIST … RETURN `STATUS` \| after login \|$/m)
})
