import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rightsOf } from '@mailstead/store'
import { logIn } from './client.ts'
import { addAccount, deliver, openStore, startServer } from './support.ts'

test('ESEARCH passes over mailboxes of others that may be seen and not read (RFC 7377 section 2.2)', async (t) => {
  const store = await openStore(t)
  const server = await startServer(t, store)
  const owner = await addAccount(store)
  const theirs = store.stores.for(owner.id)
  for (const [name, letters] of [
    ['Open', 'lr'],
    ['Shut', 'l'],
  ] as const) {
    const { id } = await theirs.createMailbox(name)
    await theirs.setRights(id, server.account.id, { mode: 'replace', rights: rightsOf(letters) })
    await deliver(theirs, name, 'one')
  }
  const client = await logIn(server)
  const found = await client.ok('ESEARCH IN (subtree "Other Users" personal) ALL')
  assert.equal(found.length, 2)
  assert.match(found[0] ?? '', /MAILBOX "Other Users\/\S+@example\.org\/Open" UIDVALIDITY \d+\) UID ALL 1$/)
  const shut = `"Other Users/${owner.localPart}@example.org/Shut"`
  assert.equal((await client.ok(`ESEARCH IN (mailboxes ${shut}) ALL`)).length, 1)
})
