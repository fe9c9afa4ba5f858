import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { run } from './harness.ts'
import { withAccount } from './serving.ts'

const root = mkdtempSync(join(tmpdir(), 'mailstead-'))
after(() => rmSync(root, { recursive: true, force: true }))

test('addresses elsewhere are entered, listed and removed', async () => {
  const dir = join(root, 'list')
  await withAccount(dir)
  const ran = (...line: string[]) => run([...line, '--data', dir])
  assert.equal((await ran('suppression', 'list')).out, 'No address is suppressed\n')
  assert.equal((await ran('suppression', 'add', '<Bob@Bücher.example>', '--note', 'asked \u001b[2Jus', '--for', '30d')).code, 0)
  assert.equal((await ran('suppression', 'add', 'ann@far.example')).code, 0)
  const { out } = await ran('suppression', 'list')
  assert.match(
    out,
    /^ADDRESS +UNTIL +FAILED +LAST +WHY\nann@far\.example +for good +0\nbob@xn--bcher-kva\.example +20\d\d-\S+ \S+ +0 +asked \?\[2Jus\n$/,
  )
  const [json] = JSON.parse((await ran('suppression', 'list', '--json')).out) as object[]
  assert.deepEqual(
    { ...json, enteredAt: 0 },
    {
      address: 'ann@far.example',
      suppressed: true,
      by: 'entered',
      until: null,
      failures: 0,
      firstAt: null,
      lastAt: null,
      last: null,
      enteredAt: 0,
      note: '',
    },
  )
  assert.match((await ran('suppression', 'list', '--limit', '1')).err, /There is more/)
  assert.equal((await ran('suppression', 'remove', 'BOB@bücher.example')).out, 'Mail to bob@xn--bcher-kva.example is taken again\n')
  const again = await ran('suppression', 'remove', 'bob@bücher.example')
  assert.deepEqual([again.code, /nothing is known of bob@/.test(again.err)], [1, true])
  const own = await ran('suppression', 'add', 'x@example.org')
  assert.deepEqual([own.code, /example\.org is a domain of this server/.test(own.err)], [1, true])
  assert.equal((await ran('suppression', 'add', 'nobody')).code, 2)
})
