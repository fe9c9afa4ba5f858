import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newPerson, rejectsWith, type Fixture } from './fixture.ts'

const hex = (key: Uint8Array | undefined): string | undefined => key && Buffer.from(key).toString('hex')

/** Mailbox access keys of URLAUTH (RFC 4467). */
export function urlKeyTests(given: () => Fixture): void {
  test('a key is made once, stays the same, and differs by mailbox and account', async () => {
    const [{ store, inbox }, other] = [await newPerson(given()), await newPerson(given())]
    assert.equal(await store.urlKey(inbox.id), undefined)
    const key = await store.makeUrlKey(inbox.id, false)
    assert.equal(key.length, 32)
    assert.equal(hex(await store.makeUrlKey(inbox.id, false)), hex(key))
    assert.equal(hex(await store.urlKey(inbox.id)), hex(key))
    const sent = await store.makeUrlKey((await store.openMailbox('Sent')).id, false)
    const theirs = await other.store.makeUrlKey(other.inbox.id, false)
    assert.equal(new Set([key, sent, theirs].map(hex)).size, 3)
    await rejectsWith('mailbox-not-found', other.store.urlKey(inbox.id))
    await rejectsWith('mailbox-not-found', other.store.makeUrlKey(inbox.id, true))
    assert.equal(hex(await store.urlKey(inbox.id)), hex(key))
  })

  test('a key is renewed, and all of an account are dropped', async () => {
    const [{ store, inbox }, other] = [await newPerson(given()), await newPerson(given())]
    const sent = await store.openMailbox('Sent')
    const key = await store.makeUrlKey(inbox.id, false)
    const renewed = await store.makeUrlKey(inbox.id, true)
    assert.notEqual(hex(renewed), hex(key))
    await store.makeUrlKey(sent.id, false)
    const theirs = await other.store.makeUrlKey(other.inbox.id, false)
    await store.dropUrlKeys()
    assert.deepEqual([await store.urlKey(inbox.id), await store.urlKey(sent.id)], [undefined, undefined])
    assert.equal(hex(await other.store.urlKey(other.inbox.id)), hex(theirs))
    assert.ok(![hex(key), hex(renewed)].includes(hex(await store.makeUrlKey(inbox.id, false))))
  })

  test('a key follows a mailbox that is renamed and goes with one that is deleted', async () => {
    const { store } = await newPerson(given())
    const { id } = await store.createMailbox('old')
    const key = await store.makeUrlKey(id, false)
    await store.renameMailbox('old', 'new')
    assert.equal(hex(await store.urlKey((await store.openMailbox('new')).id)), hex(key))
    await store.deleteMailbox('new')
    await rejectsWith('mailbox-not-found', store.urlKey(id))
    assert.equal(await store.urlKey((await store.createMailbox('new')).id), undefined)
  })
}
