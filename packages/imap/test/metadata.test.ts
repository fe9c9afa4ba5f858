import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import type { SqliteStore } from '@mailstead/sqlite'
import { rightsOf } from '@mailstead/store'
import { sharedContext } from '@mailstead/testkit'
import { Client } from './client.ts'
import { openStore, startServer, type TestServer } from './support.ts'

suite('annotations of a mailbox that is shared', () => {
  const context = sharedContext()
  let store: SqliteStore

  before(async () => {
    store = await openStore(context)
  })

  const logIn = async (server: TestServer, name: 'ann' | 'bob'): Promise<Client> => {
    const client = new Client(await server.connect())
    await client.response()
    await client.ok(`LOGIN ${name}@example.org secret`)
    return client
  }

  test('are told to who may see them, under the name that he knows; private ones to nobody else', async (t) => {
    const server = await startServer(t, store)
    const [ann, bob] = [await logIn(server, 'ann'), await logIn(server, 'bob')]
    await bob.ok('ENABLE METADATA')
    await ann.ok('ENABLE METADATA')
    const { id } = await server.mail.openMailbox('Archive')
    const set = '(/shared/comment "ours" /private/comment "mine")'
    await ann.ok(`SETMETADATA Archive ${set}`)
    assert.equal((await bob.ok('NOOP')).length, 1, 'it is not shared yet')

    await server.mail.setRights(id, server.other.id, { mode: 'replace', rights: rightsOf('lrw') })
    const [{ name } = assert.fail()] = (await store.stores.for(server.other.id).listMailboxes()).filter((mailbox) => mailbox.id === id)
    await ann.ok(`SETMETADATA Archive (/shared/comment "again" /private/comment "too")`)
    assert.deepEqual((await bob.ok('NOOP')).slice(0, -1), [`* METADATA "${name}" /shared/comment`])
    const [values] = await bob.ok(`GETMETADATA "${name}" (/shared/comment /private/comment)`)
    assert.equal(values, `* METADATA "${name}" (/shared/comment "again" /private/comment NIL)`)

    await bob.ok(`SETMETADATA "${name}" (/shared/comment "by bob" /private/comment "his")`)
    assert.deepEqual((await ann.ok('NOOP')).slice(0, -1), ['* METADATA "Archive" /shared/comment'])
    assert.equal((await bob.ok('NOOP')).length, 1, 'what one does oneself is no news')

    await server.mail.setRights(id, server.other.id, { mode: 'replace', rights: rightsOf('lr') })
    assert.match((await bob.command(`SETMETADATA "${name}" (/shared/comment "no")`)).at(-1) ?? '', / NO \[NOPERM\] /)
    await server.mail.setRights(id, server.other.id, { mode: 'replace', rights: rightsOf('l') })
    const listed = await bob.ok(`LIST "" "${name}" RETURN (METADATA (/shared/comment))`)
    assert.equal(listed.length, 2, 'what may only be seen has none')
    assert.match((await bob.command(`GETMETADATA "${name}" /shared/comment`)).at(-1) ?? '', / NO \[NOPERM\] /)
    await server.mail.setRights(id, server.other.id, { mode: 'replace', rights: rightsOf('') })
    assert.match((await bob.command(`GETMETADATA "${name}" /shared/comment`)).at(-1) ?? '', / NO \[NONEXISTENT\] /)
  })
})
