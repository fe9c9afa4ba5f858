import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AccountChange } from '../changes.ts'
import type { Uid } from '../ids.ts'
import type { MailStore } from '../mail-store.ts'
import { append, fetchOne, list, newPerson, rejectsWith, type Fixture } from './fixture.ts'

/** Names: create, list, rename, delete, subscribe. */
export function mailboxTests(given: () => Fixture): void {
  const names = async (store: MailStore): Promise<string[]> => (await store.listMailboxes()).map(({ name }) => name)

  test('a new account has INBOX first, its other mailboxes by name, all subscribed', async () => {
    const { store } = await newPerson(given())
    const found = await store.listMailboxes()
    assert.deepEqual(
      found.map(({ name, specialUse, subscribed }) => [name, specialUse, subscribed]),
      [
        ['INBOX', undefined, true],
        ['Sent', '\\Sent', true],
        ['Trash', '\\Trash', true],
      ],
    )
    assert.deepEqual(await store.listSubscriptions(), ['INBOX', 'Sent', 'Trash'])
  })

  test('INBOX in any case of letters is INBOX, other names are exact', async () => {
    const { store, inbox } = await newPerson(given())
    assert.equal((await store.openMailbox('inBox')).id, inbox.id)
    await rejectsWith('mailbox-not-found', store.openMailbox('sent'))
    await store.createMailbox('inbox/below')
    assert.deepEqual(await names(store), ['INBOX', 'INBOX/below', 'Sent', 'Trash'])
  })

  test('a mailbox of another account is not found', async () => {
    const [mine, theirs] = [await newPerson(given()), await newPerson(given())]
    await rejectsWith('mailbox-not-found', mine.store.mailboxById(theirs.inbox.id))
    await rejectsWith('mailbox-not-found', mine.store.fetch(theirs.inbox.id, [1 as Uid], {}))
    await rejectsWith('mailbox-not-found', mine.store.expunge(theirs.inbox.id))
    await rejectsWith('mailbox-not-found', mine.store.recent(theirs.inbox.id, true))
    await rejectsWith('mailbox-not-found', mine.store.copy(mine.inbox.id, [1 as Uid], theirs.inbox.id))
  })

  test('creating makes missing superiors, and announces each', async () => {
    const { store } = await newPerson(given())
    const told: AccountChange[] = []
    const stop = store.watchAccount((change) => told.push(change))
    const made = await store.createMailbox('a/b/c', { specialUse: '\\Archive' })
    stop()
    assert.equal(made.name, 'a/b/c')
    assert.equal(made.specialUse, '\\Archive')
    assert.equal(made.subscribed, false)
    assert.deepEqual(
      told.map((change) => [change.kind, 'name' in change && change.name]),
      [
        ['mailbox-created', 'a'],
        ['mailbox-created', 'a/b'],
        ['mailbox-created', 'a/b/c'],
      ],
    )
    await rejectsWith('mailbox-exists', store.createMailbox('a/b'))
    await rejectsWith('mailbox-exists', store.createMailbox('Inbox'))
  })

  for (const name of ['', '/a', 'a/', 'a//b', 'a\u0000b', 'a\nb', 'x'.repeat(2000), 'a/'.repeat(200) + 'a', '\ud800']) {
    test(`no mailbox can be called ${JSON.stringify(name.slice(0, 12))}`, async () => {
      const { store } = await newPerson(given())
      await rejectsWith('mailbox-not-allowed', store.createMailbox(name))
      await rejectsWith('mailbox-not-allowed', store.renameMailbox('Sent', name))
    })
  }

  test('names are compared and kept in NFC', async () => {
    const { store } = await newPerson(given())
    await store.createMailbox('Entwu\u0308rfe')
    assert.equal((await store.openMailbox('Entw\u00fcrfe')).name, 'Entw\u00fcrfe')
    await rejectsWith('mailbox-exists', store.createMailbox('Entw\u00fcrfe'))
  })

  test('deleting keeps inferiors and the subscription; the name gets a new id and UIDVALIDITY', async () => {
    const { backend } = given()
    const { store, account } = await newPerson(given())
    const old = await store.createMailbox('a')
    await store.createMailbox('a/b')
    await store.subscribe('a')
    await append(backend, store, old.id, [{}, {}])
    let ended = 0
    store.watch(old.id, (change) => {
      assert.equal(change.kind, 'deleted')
      ended++
    })
    await store.deleteMailbox('a')
    assert.equal(ended, 1)
    assert.deepEqual(await names(store), ['INBOX', 'Sent', 'Trash', 'a/b'])
    assert.ok((await store.listSubscriptions()).includes('a'))
    assert.equal((await store.quota()).octets, 0)
    assert.equal((await backend.directory.account(account.id))?.usedMessages, 0)
    await rejectsWith('mailbox-not-found', store.mailboxById(old.id))
    await rejectsWith('mailbox-not-found', store.fetch(old.id, [1 as Uid], {}))
    await rejectsWith('mailbox-not-found', store.deleteMailbox('a'))
    const again = await store.createMailbox('a')
    assert.ok(again.id > old.id)
    assert.ok(again.uidValidity > old.uidValidity)
    assert.equal(again.subscribed, true)
    assert.ok(again.highestModSeq > old.highestModSeq)
  })

  test('INBOX cannot be deleted', async () => {
    const { store } = await newPerson(given())
    await rejectsWith('mailbox-not-allowed', store.deleteMailbox('inbox'))
  })

  test('renaming takes inferiors along, keeps ids, makes superiors, tells old and new names', async () => {
    const { store } = await newPerson(given())
    const a = await store.createMailbox('a')
    const b = await store.createMailbox('a/b')
    await store.createMailbox('ab')
    const told: AccountChange[] = []
    store.watchAccount((change) => told.push(change))
    await store.renameMailbox('a', 'x/y')
    assert.deepEqual(await names(store), ['INBOX', 'Sent', 'Trash', 'ab', 'x', 'x/y', 'x/y/b'])
    assert.equal((await store.openMailbox('x/y')).id, a.id)
    assert.equal((await store.openMailbox('x/y/b')).id, b.id)
    assert.equal((await store.openMailbox('x/y')).uidValidity, a.uidValidity)
    const renamed = told.filter((change) => change.kind === 'mailbox-renamed')
    assert.deepEqual(
      renamed.map(({ oldName, name }) => [oldName, name]),
      [
        ['a', 'x/y'],
        ['a/b', 'x/y/b'],
      ],
    )
  })

  test('a level without a mailbox is renamed with what is below it', async () => {
    const { store } = await newPerson(given())
    const b = await store.createMailbox('a/b')
    await store.deleteMailbox('a')
    await store.renameMailbox('a', 'Trash/a')
    assert.deepEqual(await names(store), ['INBOX', 'Sent', 'Trash', 'Trash/a/b'])
    assert.equal((await store.openMailbox('Trash/a/b')).id, b.id)
  })

  test('renaming is refused onto a mailbox, below itself, of nothing, and where an inferior is in the way', async () => {
    const { store } = await newPerson(given())
    await store.createMailbox('a/b')
    await store.createMailbox('c/b')
    await store.deleteMailbox('c')
    await rejectsWith('mailbox-exists', store.renameMailbox('a', 'Sent'))
    await rejectsWith('mailbox-exists', store.renameMailbox('a', 'INBOX'))
    await rejectsWith('mailbox-exists', store.renameMailbox('a', 'c'))
    await rejectsWith('mailbox-not-allowed', store.renameMailbox('a', 'a/c'))
    await rejectsWith('mailbox-not-found', store.renameMailbox('nothing', 'd'))
    assert.deepEqual(await names(store), ['INBOX', 'Sent', 'Trash', 'a', 'a/b', 'c/b'])
  })

  test('renaming INBOX moves its messages into a new mailbox; INBOX and its inferiors stay', async () => {
    const { backend } = given()
    const { store, inbox } = await newPerson(given())
    await store.createMailbox('INBOX/kept')
    const [uid] = await append(backend, store, inbox.id, [{}, {}])
    const before = await fetchOne(store, inbox.id, uid as Uid)
    await store.renameMailbox('INBOX', 'old')
    const after = await store.openMailbox('INBOX')
    const moved = await store.openMailbox('old')
    assert.equal(after.id, inbox.id)
    assert.equal(after.messages, 0)
    assert.notEqual(moved.id, inbox.id)
    assert.equal((await list(store, moved.id)).length, 2)
    assert.equal((await fetchOne(store, moved.id, 1 as Uid)).emailId, before.emailId)
    assert.ok((await names(store)).includes('INBOX/kept'))
  })

  test('subscriptions name what need not exist, and are announced once', async () => {
    const { store } = await newPerson(given())
    const told: string[] = []
    store.watchAccount((change) => told.push(change.kind))
    await store.subscribe('nothing/here')
    await store.subscribe('nothing/here')
    assert.ok((await store.listSubscriptions()).includes('nothing/here'))
    await store.unsubscribe('nothing/here')
    await store.unsubscribe('nothing/here')
    assert.ok(!(await store.listSubscriptions()).includes('nothing/here'))
    assert.deepEqual(told, ['subscribed', 'unsubscribed'])
  })

  test('a claim of \\Recent holds for later sessions only, looking claims nothing', async () => {
    const { backend } = given()
    const { store, inbox } = await newPerson(given())
    await append(backend, store, inbox.id, [{}, {}])
    assert.equal(await store.recent(inbox.id, false), 1)
    assert.equal(await store.recent(inbox.id, true), 1)
    assert.equal(await store.recent(inbox.id, false), 3)
    await append(backend, store, inbox.id, [{}])
    assert.equal(await store.recent(inbox.id, true), 3)
    assert.equal(await store.recent(inbox.id, true), 4)
  })
}
