import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AccountChange } from '../changes.ts'
import type { MailboxId } from '../ids.ts'
import type { MailStore } from '../mail-store.ts'
import { MAX_ACCOUNT_METADATA, MAX_METADATA_ENTRIES, MAX_METADATA_VALUE, type MetadataChange } from '../metadata.ts'
import { append, newPerson, rejectsWith, type Fixture } from './fixture.ts'

const set = (name: string, text: string): MetadataChange => ({ name, value: Buffer.from(text) })
const unset = (name: string): MetadataChange => ({ name, value: undefined })

/** Annotations of mailboxes and of the server (RFC 5464). */
export function metadataTests(given: () => Fixture): void {
  const texts = async (store: MailStore, mailbox: MailboxId | undefined, ...names: string[]): Promise<string[]> =>
    (await store.metadata(mailbox, names)).map(({ name, value }) => `${name}=${Buffer.from(value).toString()}`)
  const all = async (store: MailStore, mailbox: MailboxId | undefined): Promise<string[]> =>
    (await store.listMetadata(mailbox)).map(({ name, size }) => `${name}=${size}`)

  test('are set, replaced, listed and removed; names in any case, spelt as at first', async () => {
    const { store, inbox } = await newPerson(given())
    await store.setMetadata(inbox.id, [set('/private/Comment', 'mine'), set('/shared/comment', 'ours'), set('/shared/comment/x', '')])
    assert.deepEqual(await texts(store, inbox.id, '/PRIVATE/comment', '/shared/comment', '/shared/none'), [
      '/private/Comment=mine',
      '/shared/comment=ours',
    ])
    assert.deepEqual(await all(store, inbox.id), ['/private/Comment=4', '/shared/comment=4', '/shared/comment/x=0'])
    await store.setMetadata(inbox.id, [set('/private/COMMENT', 'other'), unset('/shared/Comment'), unset('/shared/never')])
    assert.deepEqual(await all(store, inbox.id), ['/private/Comment=5', '/shared/comment/x=0'])
    const { store: other, inbox: theirs } = await newPerson(given())
    assert.deepEqual(await all(other, theirs.id), [])
    await rejectsWith('mailbox-not-found', other.listMetadata(inbox.id))
    await rejectsWith('mailbox-not-found', other.metadata(inbox.id, ['/shared/comment']))
    await rejectsWith('mailbox-not-found', other.setMetadata(inbox.id, [set('/private/comment', 'x')]))
  })

  test('hold any octets', async () => {
    const { store, inbox } = await newPerson(given())
    const value = Uint8Array.from({ length: 256 }, (_, octet) => octet)
    await store.setMetadata(inbox.id, [{ name: '/shared/vendor/x/y', value }])
    assert.deepEqual(Uint8Array.from((await store.metadata(inbox.id, ['/shared/vendor/x/y']))[0]?.value ?? []), value)
  })

  test('of the server belong to one account', async () => {
    const [{ store }, { store: other }] = [await newPerson(given()), await newPerson(given())]
    await store.setMetadata(undefined, [set('/private/vendor/x/y', 'mine')])
    assert.deepEqual(await texts(store, undefined, '/private/vendor/x/y'), ['/private/vendor/x/y=mine'])
    assert.deepEqual(await all(store, undefined), ['/private/vendor/x/y=4'])
    assert.deepEqual(await all(other, undefined), [])
    await rejectsWith('mailbox-not-allowed', store.setMetadata(undefined, [set('/shared/comment', 'x')]))
    await store.setMetadata(undefined, [unset('/private/vendor/x/y')])
    assert.deepEqual(await all(store, undefined), [])
  })

  test('follow a mailbox that is renamed and go with one that is deleted; those of INBOX are copied', async () => {
    const { backend } = given()
    const { store, inbox } = await newPerson(given())
    const { id } = await store.createMailbox('old/below')
    await store.setMetadata(id, [set('/private/comment', 'below')])
    await store.renameMailbox('old', 'new')
    assert.deepEqual(await texts(store, (await store.openMailbox('new/below')).id, '/private/comment'), ['/private/comment=below'])
    await store.deleteMailbox('new/below')
    await rejectsWith('mailbox-not-found', store.listMetadata(id))
    assert.deepEqual(await all(store, (await store.createMailbox('new/below')).id), [])
    await append(backend, store, inbox.id, [{}])
    await store.setMetadata(inbox.id, [set('/shared/comment', 'inbox'), set('/private/comment', 'mine')])
    await store.renameMailbox('INBOX', 'before')
    const moved = await store.openMailbox('before')
    assert.deepEqual(await all(store, moved.id), ['/private/comment=4', '/shared/comment=5'])
    assert.deepEqual(await all(store, inbox.id), ['/private/comment=4', '/shared/comment=5'])
  })

  test('are bounded, and nothing is set when one is refused', async () => {
    const { store, inbox } = await newPerson(given())
    const entries = Array.from({ length: MAX_METADATA_ENTRIES }, (_, index) => set(`/shared/vendor/x/${index}`, 'x'))
    await store.setMetadata(inbox.id, entries)
    await rejectsWith('limit', store.setMetadata(inbox.id, [set('/private/comment', 'x'), set('/shared/comment', 'x')]))
    await store.setMetadata(inbox.id, [set('/private/comment', 'its own bounds'), set('/shared/vendor/x/0', 'replaced')])
    await store.setMetadata(inbox.id, [unset('/shared/vendor/x/1'), set('/shared/comment', 'in its place')])
    const large = { name: '/shared/comment', value: new Uint8Array(MAX_METADATA_VALUE + 1) }
    await rejectsWith('too-big', store.setMetadata(inbox.id, [set('/private/comment', 'lost'), large]))
    assert.deepEqual(await texts(store, inbox.id, '/private/comment', '/shared/comment'), [
      '/private/comment=its own bounds',
      '/shared/comment=in its place',
    ])
  })

  test('of all mailboxes together are bounded for an account', async () => {
    const { store } = await newPerson(given())
    const value = new Uint8Array(MAX_METADATA_VALUE)
    const entries = Array.from({ length: MAX_METADATA_ENTRIES }, (_, index) => ({ name: `/private/vendor/x/${index}`, value }))
    const mailboxes = MAX_ACCOUNT_METADATA.octets / (MAX_METADATA_VALUE * MAX_METADATA_ENTRIES)
    for (let n = 0; n < mailboxes; n++) await store.setMetadata((await store.createMailbox(`m${n}`)).id, entries)
    const { id } = await store.createMailbox('one more')
    await rejectsWith('limit', store.setMetadata(id, [set('/shared/comment', 'x')]))
    await store.setMetadata((await store.openMailbox('m0')).id, [unset('/private/vendor/x/0')])
    await store.setMetadata(id, [set('/shared/comment', 'x')])
  })

  test('are told to the account when they change', async () => {
    const { account, store, inbox } = await newPerson(given())
    const told: AccountChange[] = []
    const stop = store.watchAccount((change) => told.push(change))
    await store.setMetadata(inbox.id, [set('/private/comment', 'a'), set('/shared/comment', 'b')])
    await store.setMetadata(inbox.id, [set('/private/comment', 'a'), set('/shared/comment', 'c'), unset('/shared/none')])
    await store.setMetadata(undefined, [set('/private/vendor/x/y', 'd')])
    stop()
    const change = (mailbox: MailboxId | undefined, ...names: string[]): AccountChange => ({
      kind: 'metadata',
      account: account.id,
      mailbox,
      names,
    })
    assert.deepEqual(told, [
      change(inbox.id, '/private/comment'),
      change(inbox.id, '/shared/comment'),
      change(inbox.id, '/shared/comment'),
      change(undefined, '/private/vendor/x/y'),
    ])
  })
}
