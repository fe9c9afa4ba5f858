import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import { Random, unreliable } from '@mailstead/store/contract'
import type { SqliteStore } from '@mailstead/sqlite'
import { rightsOf, type MailStore } from '@mailstead/store'
import { sharedContext } from '@mailstead/testkit'
import { logIn, type Client } from './client.ts'
import { addAccount, deliver, openStore, startServer, type ServerOptions } from './support.ts'

const context = sharedContext()
let store: SqliteStore
before(async () => {
  store = await openStore(context)
})

/** A server whose store is seen through `wrap`. */
function through(wrap: (mail: MailStore) => MailStore): ServerOptions {
  return { stores: (stores) => ({ ...stores, for: (account) => wrap(stores.for(account)) }) }
}

/** What MESSAGES says in each STATUS response, by mailbox, up to the reply of a NOOP. */
async function heard(client: Client): Promise<Map<string, number[]>> {
  const told = new Map<string, number[]>()
  for (const response of await client.ok('NOOP')) {
    const [, name, messages] = /^\* STATUS "?(\S+?)"? \(MESSAGES (\d+)/.exec(response) ?? []
    if (name !== undefined) told.set(name, [...(told.get(name) ?? []), Number(messages)])
  }
  return told
}

suite('NOTIFY', () => {
  test('a burst costs one read a mailbox and one STATUS response, and what is not asked for costs nothing', async (t) => {
    const reads: string[] = []
    const counting = (mail: MailStore): MailStore =>
      new Proxy(mail, {
        get(target, name): unknown {
          const value: unknown = Reflect.get(target, name, target)
          if (typeof value !== 'function') return value
          return (...args: unknown[]): unknown => {
            if (name === 'mailboxById' || name === 'listMailboxes') reads.push(name)
            return Reflect.apply(value, target, args)
          }
        },
      })
    const server = await startServer(t, store, { ...through(counting), limits: { newsRest: 200 } })
    const { mail, clock } = server
    const client = await logIn(server)
    await client.ok('NOTIFY SET (mailboxes (Sent Drafts) (MessageNew MessageExpunge))')
    reads.length = 0
    for (let message = 0; message < 20; message++) {
      await deliver(mail, 'Sent', `${message}`)
      await deliver(mail, 'Drafts', `${message}`)
      await deliver(mail, 'Trash', `${message}`)
    }
    clock.advance(199)
    await client.ok('CAPABILITY')
    assert.deepEqual(reads, [])
    clock.advance(1)
    assert.match((await client.response()) ?? '', /^\* STATUS "Sent" \(MESSAGES 20 UIDNEXT 21 /)
    assert.match((await client.response()) ?? '', /^\* STATUS "Drafts" \(MESSAGES 20 UIDNEXT 21 /)
    assert.deepEqual(reads, ['mailboxById', 'mailboxById'])
  })

  test('what was told of no hint is found by NOOP, and told once', async (t) => {
    const deaf = (mail: MailStore): MailStore =>
      new Proxy(mail, {
        get(target, name): unknown {
          if (name === 'watchMailboxes' || name === 'watchAccount') return () => () => {}
          const value: unknown = Reflect.get(target, name, target)
          return typeof value === 'function' ? (value.bind(target) as unknown) : value
        },
      })
    const server = await startServer(t, store, through(deaf))
    const client = await logIn(server)
    await client.ok('NOTIFY SET (personal (MessageNew MessageExpunge))')
    await deliver(server.mail, 'Sent', 'one')
    await server.mail.createMailbox('New')
    await deliver(server.mail, 'New', 'one')
    assert.deepEqual(Object.fromEntries(await heard(client)), { New: [1], Sent: [1] })
    assert.deepEqual([...(await heard(client))], [])
  })

  test('over hints that are lost, doubled and late the last word is the truth', async (t) => {
    const random = new Random(20)
    const server = await startServer(
      t,
      store,
      through((mail) => unreliable(mail, random)),
    )
    const client = await logIn(server)
    await client.ok('NOTIFY SET (mailboxes (Sent Drafts) (MessageNew MessageExpunge))')
    const last = new Map<string, number | undefined>()
    for (let round = 1; round <= 30; round++) {
      const name = round % 3 === 0 ? 'Drafts' : 'Sent'
      await deliver(server.mail, name, 'x')
      if (round % 5 !== 0) continue
      for (const [told, counts] of await heard(client)) last.set(told, counts.at(-1))
      for (const each of ['Sent', 'Drafts']) {
        const { messages } = await server.mail.openMailbox(each)
        assert.equal(last.get(each), messages, `${each} after ${round} rounds`)
      }
    }
  })

  test('mailboxes of others come and go with the right to see them, and are silent without the right to read them', async (t) => {
    const server = await startServer(t, store)
    const owner = await addAccount(store)
    const theirs = store.stores.for(owner.id)
    const share = async (name: string, letters: string): Promise<void> => {
      const { id } = await theirs.openMailbox(name)
      await theirs.setRights(id, server.account.id, { mode: 'replace', rights: rightsOf(letters) })
    }
    const below = (name: string): string => `"Other Users/${owner.localPart}@example.org/${name}"`
    await theirs.createMailbox('Team')
    await theirs.createMailbox('Secret')
    await share('Team', 'lr')
    await share('Secret', 'l')
    const client = await logIn(server)
    const heard = async (expected: RegExp): Promise<void> => assert.match((await client.response()) ?? '', expected)
    const [first = ''] = await client.ok(
      'NOTIFY SET (subtree "Other Users" (MessageNew MessageExpunge MailboxName)) (personal (MailboxName))',
    )
    assert.equal(first, `* LIST (\\NoAccess) "/" ${below('Secret')}`)
    await deliver(theirs, 'Secret', 'one')
    await deliver(theirs, 'Team', 'one')
    await heard(new RegExp(`^\\* STATUS ${below('Team')} \\(MESSAGES 1 UIDNEXT 2 `))
    await share('Secret', 'lr')
    await heard(new RegExp(`^\\* LIST \\(\\) "/" ${below('Secret')}$`))
    // It has come to be watched, and has a message.
    await heard(new RegExp(`^\\* STATUS ${below('Secret')} \\(MESSAGES 1 `))
    await theirs.renameMailbox('Team', 'Crew')
    await heard(new RegExp(`^\\* LIST \\(\\\\HasNoChildren\\) "/" ${below('Crew')} \\("OLDNAME" \\(${below('Team')}\\)\\)$`))
    await share('Secret', '')
    await heard(new RegExp(`^\\* LIST \\(\\\\NonExistent \\\\HasNoChildren\\) "/" ${below('Secret')}$`))
    await heard(/^\* LIST \(.*\) "\/" "Other Users\/[^/]*"$/)
    await theirs.createMailbox('Mine')
    await deliver(theirs, 'Secret', 'two')
    await deliver(theirs, 'Crew', 'two')
    await heard(new RegExp(`^\\* STATUS ${below('Crew')} \\(MESSAGES 2 UIDNEXT 3 `))
  })

  test('a session that ends or says NOTIFY NONE is watching nothing any more', async (t) => {
    let watching = 0
    const counting = (mail: MailStore): MailStore =>
      new Proxy(mail, {
        get(target, name): unknown {
          const value: unknown = Reflect.get(target, name, target)
          if (name !== 'watchMailboxes' && name !== 'watchAccount') {
            return typeof value === 'function' ? (value.bind(target) as unknown) : value
          }
          return (listener: never) => {
            const stop = (value as MailStore['watchMailboxes']).call(target, listener)
            watching++
            return () => {
              watching--
              stop()
            }
          }
        },
      })
    const server = await startServer(t, store, through(counting))
    const client = await logIn(server)
    for (let again = 0; again < 3; again++) await client.ok('NOTIFY SET (personal (MessageNew MessageExpunge))')
    assert.equal(watching, 2)
    await client.ok('NOTIFY NONE')
    assert.equal(watching, 0)
    await client.ok('NOTIFY SET (personal (MailboxName))')
    await client.ok('SELECT INBOX')
    assert.equal(watching, 2)
    await client.ok('LOGOUT')
    await client.rest()
    while (server.connections() > 0) await new Promise((resolve) => setImmediate(resolve))
    assert.equal(watching, 0)
  })
})
