import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import type { SqliteStore } from '@mailstead/sqlite'
import { DELETED, FLAGGED, SEEN, type MailStore, type Uid } from '@mailstead/store'
import { seeded, sharedContext } from '@mailstead/testkit'
import { logIn, type Client } from './client.ts'
import { deliver, openStore, startServer } from './support.ts'

const SEED = Number(process.env['MAILSTEAD_SEED'] ?? Math.floor(Math.random() * 2 ** 32))

const context = sharedContext()
let store: SqliteStore
before(async () => {
  store = await openStore(context)
})

/** `1:3,7` → 1 2 3 7 */
function expand(set: string): number[] {
  return set.split(',').flatMap((range) => {
    const [first = 0, last = first] = range.split(':').map(Number)
    return Array.from({ length: last - first + 1 }, (_, index) => first + index)
  })
}

/** A list as a client keeps it that believes every ADDTO and REMOVEFROM (RFC 5267 sections 4.3.3 and 4.3.4). */
class Kept {
  readonly tag: string
  list: number[]
  readonly #numbers: boolean

  /** `numbers`: of messages instead of UIDs, so that EXPUNGE moves them. */
  constructor(tag: string, list: number[], numbers: boolean) {
    this.tag = tag
    this.list = list
    this.#numbers = numbers
  }

  take(response: string): void {
    const expunged = /^\* (\d+) EXPUNGE$/.exec(response)?.[1]
    if (expunged !== undefined && this.#numbers) this.#expunge(Number(expunged))
    const [, kind, pairs = ''] =
      new RegExp(`^\\* ESEARCH \\(TAG "${this.tag}"\\)(?: UID)? (ADDTO|REMOVEFROM) \\((.*)\\)$`).exec(response) ?? []
    const words = kind === undefined ? [] : pairs.split(' ')
    for (let at = 0; at < words.length; at += 2) {
      const [position, numbers] = [Number(words[at]), expand(words[at + 1] ?? '')]
      if (kind === 'ADDTO') this.#add(position, numbers)
      else this.#remove(position, numbers)
    }
  }

  #expunge(number: number): void {
    assert.ok(!this.list.includes(number), `${number} is expunged, and nobody has taken it out of ${this.tag}`)
    this.list = this.list.map((each) => (each > number ? each - 1 : each))
  }

  #add(position: number, numbers: readonly number[]): void {
    for (const number of numbers) assert.ok(!this.list.includes(number), `${number} is in ${this.tag} already`)
    if (position === 0) this.list = [...this.list, ...numbers].sort((a, b) => a - b)
    else this.list.splice(position - 1, 0, ...numbers)
  }

  #remove(position: number, numbers: readonly number[]): void {
    for (const number of numbers) assert.ok(this.list.includes(number), `${number} is not in ${this.tag}`)
    if (position === 0) this.list = this.list.filter((each) => !numbers.includes(each))
    else assert.deepEqual(this.list.splice(position - 1, numbers.length), numbers)
  }
}

const SEARCHES: Readonly<Record<string, string>> = {
  flagged: 'UID SEARCH RETURN (ALL{}) OR FLAGGED UNSEEN',
  numbered: 'SEARCH RETURN (ALL{}) UNDELETED',
  text: 'UID SEARCH RETURN (ALL{}) BODY c UNFLAGGED',
  sorted: 'UID SORT RETURN (ALL{}) (REVERSE SUBJECT ARRIVAL) UTF-8 UNDELETED',
  'sorted-numbers': 'SORT RETURN (ALL{}) (SUBJECT) UTF-8 SEEN',
}

async function found(client: Client, search: string): Promise<number[]> {
  const all = (await client.ok(search)).map((response) => /^\* ESEARCH \(TAG "\S+"\)(?: UID)? ALL (\S+)$/.exec(response)?.[1])
  return expand(all.find((set) => set !== undefined) ?? '0').filter((number) => number > 0)
}

suite('searches that are updated', () => {
  for (const [name, limits] of Object.entries({ 'as it is': {}, 'with a short log': { pendingChanges: 3 } })) {
    test(`a client that believes every update has the result, ${name}, MAILSTEAD_SEED=${SEED}`, async (t) => {
      const random = seeded(SEED)
      const server = await startServer(t, store, { limits })
      const { mail } = server
      const inbox = (await mail.openMailbox('INBOX')).id
      for (let count = 0; count < 10; count++) await deliver(mail, 'INBOX', random.pick(['a', 'b', 'c', 'cd']))
      const [client, other] = [await logIn(server), await logIn(server)]
      await client.ok('SELECT INBOX')
      const kept: Kept[] = []
      for (const [tag, search] of Object.entries(SEARCHES)) {
        client.send(`${tag} ${search.replace('{}', ' UPDATE')}\r\n`)
        const responses = await client.until(tag)
        const set = /ALL (\S+)$/.exec(responses.find((response) => response.startsWith('* ESEARCH')) ?? '')?.[1]
        kept.push(new Kept(tag, set === undefined ? [] : expand(set), tag.includes('number')))
      }
      for (let round = 0; round < 60; round++) {
        for (let acts = random.int(4); acts >= 0; acts--) await act(mail, inbox, random)
        const asked = random.pick(['NOOP', 'SEARCH 1 DELETED', 'UID FETCH 1 (UID)', 'CHECK'])
        const responses = await client.command(asked)
        if (round % 5 === 0) responses.push(...(await client.ok('NOOP')))
        for (const response of responses) for (const each of kept) each.take(response)
        if (round % 5 !== 0) continue
        await other.ok('SELECT INBOX')
        for (const each of kept) {
          assert.deepEqual(each.list, await found(other, (SEARCHES[each.tag] ?? '').replace('{}', '')), `${each.tag} after round ${round}`)
        }
        await other.ok('UNSELECT')
      }
    })
  }

  test('one change costs a look at one message, and in a sorted result at a few more', async (t) => {
    const read: number[] = []
    const server = await startServer(t, store, {
      stores: (stores) => ({
        ...stores,
        for: (account) =>
          new Proxy(stores.for(account), {
            get(target, key): unknown {
              const value: unknown = Reflect.get(target, key, target)
              if (typeof value !== 'function') return value
              return (...args: unknown[]): unknown => {
                if (key === 'fetch' || key === 'keys') read.push(...(args[1] as Uid[]))
                return Reflect.apply(value, target, args)
              }
            },
          }),
      }),
    })
    for (let count = 0; count < 300; count++) await deliver(server.mail, 'INBOX', `${(count * 7919) % 1000}`)
    const client = await logIn(server)
    await client.ok('SELECT INBOX')
    await client.ok('UID SEARCH RETURN (UPDATE COUNT) SUBJECT 1')
    await client.ok('UID SORT RETURN (UPDATE COUNT) (SUBJECT) UTF-8 ALL')
    read.length = 0
    await deliver(server.mail, 'INBOX', '511')
    const told = await client.ok('NOOP')
    assert.equal(told.filter((response) => response.includes('ADDTO')).length, 2)
    assert.ok(read.length <= 12, `${read.length} messages were read`)
  })
})

async function act(mail: MailStore, inbox: Parameters<MailStore['expunge']>[0], random: ReturnType<typeof seeded>): Promise<void> {
  const dice = random.int(10)
  if (dice < 3) return deliver(mail, 'INBOX', random.pick(['a', 'b', 'c', 'cd', 'e']))
  const { uidNext } = await mail.mailboxById(inbox)
  const uids = Array.from({ length: 1 + random.int(4) }, () => (1 + random.int(uidNext)) as Uid)
  const some = [...new Set(uids)].sort((a, b) => a - b)
  if (dice < 8) {
    const system = random.pick([SEEN, FLAGGED, DELETED, SEEN | FLAGGED])
    await mail.changeFlags(inbox, some, { mode: random.pick(['add', 'remove'] as const), flags: { system, keywords: [] } })
  } else if (dice < 9) await mail.expunge(inbox, { uids: some.slice(0, 2), anyFlags: true })
  else await mail.copy(inbox, some, inbox)
}
