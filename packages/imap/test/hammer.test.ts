import assert from 'node:assert/strict'
import { before, suite, test, type TestContext } from 'node:test'
import type { SqliteStore } from '@mailstead/sqlite'
import type { MailStore, MailStores } from '@mailstead/store'
import { sharedContext } from '@mailstead/testkit'
import { Random, unreliable } from '@mailstead/store/contract'
import { Responder } from '../src/responses.ts'
import { EVERYTHING } from '../src/telling.ts'
import { MailboxView } from '../src/view.ts'
import { logIn } from './client.ts'
import { hammer, type Report } from './hammer/run.ts'
import { openStore, startServer, type ServerOptions } from './support.ts'

/** Acts of each client; MAILSTEAD_HAMMER=20000 for a long run. */
const ACTS = Number(process.env['MAILSTEAD_HAMMER'] ?? 150)
const SEED = Number(process.env['MAILSTEAD_SEED'] ?? Math.floor(Math.random() * 2 ** 32))

const context = sharedContext()
let store: SqliteStore
before(async () => {
  store = await openStore(context)
})

function wrapped(wrap: (store: MailStore) => MailStore): ServerOptions {
  return {
    stores: (stores: MailStores) => ({
      blobs: stores.blobs,
      for: (account) => wrap(stores.for(account)),
      watchAccounts: (run) => stores.watchAccounts(run),
    }),
  }
}

/** Four clients do `acts` things each on a new account. Throws when one is told what cannot be, or not told what it should. */
async function run(t: Pick<TestContext, 'after'>, options: ServerOptions, seed: number, acts: number): Promise<Report> {
  const server = await startServer(t, store, options)
  const report = await hammer({
    seed,
    clients: 4,
    connect: () => logIn(server),
    mailboxes: ['INBOX', 'Archive'],
    goesOn: (done) => done < acts,
    idle: 5,
  })
  assert.deepEqual(
    server.log.events.filter(({ level }) => level === 'error' || level === 'warn'),
    [],
  )
  return report
}

suite('clients on one mailbox never see a wrong message', () => {
  const random = new Random(SEED)
  const variants: Readonly<Record<string, ServerOptions>> = {
    'as it is': {},
    // Views fall behind the log and compare everything instead.
    'with a short log': { limits: { pendingChanges: 3 } },
    'with notifications that are lost, doubled and late': wrapped((store) => unreliable(store, random)),
  }
  for (const [variant, options] of Object.entries(variants)) {
    test(`${variant}, MAILSTEAD_SEED=${SEED}`, async (t) => {
      await run(t, options, SEED, ACTS)
    })
  }
})

/** Every third call does nothing. */
function leaky<A extends unknown[], R>(run: (...args: A) => R): (...args: A) => R | undefined {
  let calls = 0
  return function (this: unknown, ...args) {
    return ++calls % 3 === 0 ? undefined : run.apply(this, args)
  }
}

/** Messages come with the octets of their neighbours. */
function confused(store: MailStore): MailStore {
  return new Proxy(store, {
    get(target, name): unknown {
      if (name === 'fetch') {
        return async (...[mailbox, uids, wants]: Parameters<MailStore['fetch']>) => {
          const rows = await target.fetch(mailbox, uids, wants)
          return rows.map((row, index) => ({ ...(rows[index - 1] ?? row), uid: row.uid }))
        }
      }
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? (value.bind(target) as unknown) : value
    },
  })
}

/* eslint-disable typescript/unbound-method -- they are put back by the test's mocks */
const { expunge, exists, flags } = Responder.prototype
const { sync, numberOf, resolve } = MailboxView.prototype

/** Mistakes, each of which the test above has to see. */
const FAULTS: Readonly<Record<string, (t: TestContext) => ServerOptions | undefined>> = {
  'EXPUNGE names the number before'({ mock }) {
    mock.method(Responder.prototype, 'expunge', function (this: Responder, number: number, times: number) {
      expunge.call(this, Math.max(1, number - 1), times)
    })
    return undefined
  },
  'an EXPUNGE is lost'({ mock }) {
    mock.method(Responder.prototype, 'expunge', leaky(expunge))
    return undefined
  },
  'EXISTS is lost'({ mock }) {
    mock.method(Responder.prototype, 'exists', leaky(exists))
    return undefined
  },
  'flags of others are lost'({ mock }) {
    mock.method(Responder.prototype, 'flags', leaky(flags))
    return undefined
  },
  'modseqs of others are lost'({ mock }) {
    mock.method(Responder.prototype, 'flags', function (this: Responder, ...[number, text, uid]: Parameters<typeof flags>) {
      flags.call(this, number, text, uid)
    })
    return undefined
  },
  'EXPUNGE comes during FETCH'({ mock }) {
    mock.method(MailboxView.prototype, 'sync', function (this: MailboxView, _telling: unknown, respond: Responder, ...told: boolean[]) {
      return sync.call(this, EVERYTHING, respond, ...told)
    })
    return undefined
  },
  'numbers are those of the mailbox, not of the client'({ mock }) {
    mock.method(MailboxView.prototype, 'numberOf', function (this: MailboxView, uid: number) {
      return numberOf.call(this, uid) === 0 ? 0 : this.index.find(uid) + 1
    })
    return undefined
  },
  'a set means the messages behind it'({ mock }) {
    mock.method(MailboxView.prototype, 'resolve', function (this: MailboxView, ...args: Parameters<typeof resolve>) {
      const uids = resolve.apply(this, args)
      return uids.map((uid) => this.uids[numberOf.call(this, uid)] ?? uid)
    })
    return undefined
  },
  'IMAP4rev2 is told of \\Recent'({ mock }) {
    mock.method(MailboxView.prototype, 'isRecent', () => true)
    return undefined
  },
  'another message is read': () => wrapped(confused),
}
/* eslint-enable */

/** Which acts meet is a matter of chance, and a round may end well in spite of a mistake; ten do not. */
async function seen(t: TestContext, options: ServerOptions): Promise<boolean> {
  for (let round = 0; round < 10; round++) {
    try {
      await run(t, options, round, 100)
    } catch (error) {
      if (error instanceof assert.AssertionError) return true
      throw error
    }
  }
  return false
}

suite('the check of the clients sees', () => {
  for (const [fault, plant] of Object.entries(FAULTS)) {
    test(fault, async (t) => {
      const options = plant(t) ?? {}
      assert.ok(await seen(t, options))
    })
  }
})
