import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Change } from '../changes.ts'
import { ANSWERED, DELETED, DRAFT, FLAGGED, SEEN } from '../flags.ts'
import type { MailboxId, ModSeq, Uid } from '../ids.ts'
import { OTHER_USERS, type Mailbox } from '../mailbox.ts'
import type { MailStore } from '../mail-store.ts'
import { ALL_RIGHTS, rightLetters, rightsOf, type Subject } from '../rights.ts'
import {
  append,
  DOMAIN,
  fetchOne,
  flags,
  list,
  newPerson,
  NOON,
  plan,
  delivery,
  rejectsWith,
  stage,
  text,
  type Fixture,
  type Person,
} from './fixture.ts'
import { Mirror } from './mirror.ts'
import { chooseSeed, Random } from './random.ts'

const uids = (...numbers: number[]): Uid[] => numbers as Uid[]

async function grant({ store }: Person, mailbox: MailboxId, subject: Subject, letters: string): Promise<void> {
  await store.setRights(mailbox, subject, { mode: 'replace', rights: rightsOf(letters) })
}

/** What others call a mailbox of this person. */
function nameOf({ account }: Person, name: string): string {
  return `${OTHER_USERS}/${account.localPart}@${DOMAIN}/${name}`
}

/** An owner with a mailbox "Team", which he shares with a guest. */
async function shared(fixture: Fixture, letters: string): Promise<{ owner: Person; guest: Person; team: Mailbox; name: string }> {
  const [owner, guest] = [await newPerson(fixture), await newPerson(fixture)]
  const team = await owner.store.createMailbox('Team')
  await grant(owner, team.id, guest.account.id, letters)
  return { owner, guest, team, name: nameOf(owner, 'Team') }
}

const systems = async (store: MailStore, mailbox: MailboxId): Promise<number[]> => (await list(store, mailbox)).map(({ system }) => system)

/** Mailboxes that others share: rights, names, whose \Seen it is. */
export function sharingTests(given: () => Fixture): void {
  test('one table says what an act needs; without the right a mailbox is not permitted, or not there for who may not see it', async () => {
    const { backend } = given()
    const acts: readonly [rights: string, act: (store: MailStore, team: MailboxId, name: string, own: MailboxId) => Promise<unknown>][] = [
      ['r', (store, team) => store.mailboxById(team)],
      ['r', (store, _, name) => store.openMailbox(name, 'read')],
      ['r', (store, team) => list(store, team)],
      ['r', (store, team) => store.changesSince(team, 0 as ModSeq)],
      ['r', (store, team) => store.fetch(team, uids(1), {})],
      ['r', (store, team) => store.recent(team, true)],
      ['r', (store, team) => store.quota(team)],
      ['r', (store, team, _, own) => store.copy(team, uids(1), own)],
      ['i', (store, team, _, own) => store.copy(own, uids(1), team)],
      ['i', (store, team, _, own) => store.move(own, uids(1), team)],
      ['i', async (store, team) => store.append(team, [{ blob: await stage(backend, text('x')), flags: flags(0), internalDate: NOON }])],
      ['te', (store, team, _, own) => store.move(team, uids(1), own)],
      [
        'te',
        async (store, team, _, own) =>
          store.replace(team, 1 as Uid, own, { blob: await stage(backend, text('x')), flags: flags(0), internalDate: NOON }),
      ],
      ['e', (store, team) => store.expunge(team)],
      ['s', (store, team) => store.changeFlags(team, uids(1), { mode: 'add', flags: flags(SEEN) })],
      ['t', (store, team) => store.changeFlags(team, uids(1), { mode: 'add', flags: flags(DELETED) })],
      ['w', (store, team) => store.changeFlags(team, uids(1), { mode: 'remove', flags: flags(0, 'k') })],
      ['w', (store, team) => store.changeFlags(team, uids(1), { mode: 'replace', flags: flags(0) })],
      ['k', (store, _, name) => store.createMailbox(`${name}/below`)],
      ['x', (store, _, name) => store.deleteMailbox(name)],
      ['a', (store, team) => store.acl(team)],
      ['a', (store, team) => store.setRights(team, 'anyone', { mode: 'add', rights: rightsOf('p') })],
      ['a', (store, team) => store.setSeenMode(team, 'reader')],
    ]
    for (const [rights, act] of acts) {
      const others = rightLetters(ALL_RIGHTS)
        .split('')
        .filter((letter) => !rights.includes(letter))
        .join('')
      const without = rights === 's' || rights === 't' || rights === 'w' ? others.replace(/[swt]/g, '') : others
      const { owner, guest, team, name } = await shared(given(), rights)
      await append(backend, owner.store, team.id, [{}])
      await append(backend, guest.store, guest.inbox.id, [{}])
      await act(guest.store, team.id, name, guest.inbox.id)

      const again = await shared(given(), without)
      await rejectsWith('not-permitted', act(again.guest.store, again.team.id, again.name, again.guest.inbox.id))
      await grant(again.owner, again.team.id, again.guest.account.id, without.replace('l', ''))
      const gone = act(again.guest.store, again.team.id, again.name, again.guest.inbox.id)
      // Where nothing above may be known, CREATE cannot say that something is not there.
      await rejectsWith(rights === 'k' ? 'not-permitted' : 'mailbox-not-found', gone)
    }
  })

  test('who may see a mailbox finds it below the other users, in the list and by its name, and nobody else', async () => {
    const { owner, guest, team, name } = await shared(given(), 'l')
    const stranger = await newPerson(given())
    const names = (await guest.store.listMailboxes()).map((mailbox) => mailbox.name)
    assert.deepEqual(names, ['INBOX', 'Sent', 'Trash', name])
    const opened = await guest.store.openMailbox(name)
    assert.deepEqual([opened.id, opened.owner, opened.name, rightLetters(opened.rights)], [team.id, owner.account.id, name, 'l'])
    await rejectsWith('mailbox-not-found', stranger.store.openMailbox(name))
    await rejectsWith('mailbox-not-found', owner.store.openMailbox(name))
    await rejectsWith('mailbox-not-found', guest.store.openMailbox(nameOf(owner, 'INBOX')))
    await rejectsWith('mailbox-not-found', guest.store.openMailbox(`${OTHER_USERS}/nobody@${DOMAIN}/Team`))
    for (const odd of [OTHER_USERS, `${OTHER_USERS}/x`, `${OTHER_USERS}/x/`, nameOf(owner, '')])
      await rejectsWith('mailbox-not-found', guest.store.openMailbox(odd))
    assert.ok((await stranger.store.listMailboxes()).every(({ owner: id }) => id !== owner.account.id))
    assert.equal((await owner.store.openMailbox('Team')).rights, ALL_RIGHTS)
    await rejectsWith('not-permitted', guest.store.createMailbox(OTHER_USERS))
    await rejectsWith('not-permitted', guest.store.createMailbox(`${OTHER_USERS}/x`))
  })

  test("a special use is its owner's; a subscription is each one's own, and shows what can be seen", async () => {
    const { owner, guest, name } = await shared(given(), 'l')
    await grant(owner, (await owner.store.openMailbox('Sent')).id, guest.account.id, 'lr')
    assert.equal((await guest.store.openMailbox(nameOf(owner, 'Sent'))).specialUse, undefined)
    await guest.store.subscribe(name)
    assert.equal((await guest.store.openMailbox(name)).subscribed, true)
    assert.equal((await owner.store.openMailbox('Team')).subscribed, false)
    assert.ok((await guest.store.listSubscriptions()).includes(name))
    await rejectsWith('mailbox-not-found', guest.store.subscribe(nameOf(owner, 'Trash')))
    await grant(owner, (await owner.store.openMailbox('Team')).id, guest.account.id, '')
    assert.ok(!(await guest.store.listSubscriptions()).includes(name))
    await guest.store.unsubscribe(name)
  })

  test('rights of anyone and of the account add up, and denied ones go off; the owner keeps all', async () => {
    const { owner, guest, team, name } = await shared(given(), 'lr')
    const change = (subject: Subject, mode: 'add' | 'remove', letters: string, negative = false) =>
      owner.store.setRights(team.id, subject, { mode, rights: rightsOf(letters), negative })
    const mine = async (): Promise<string> => rightLetters((await guest.store.openMailbox(name)).rights)
    await change('anyone', 'add', 'lsi')
    assert.equal(await mine(), 'lrsi')
    await change(guest.account.id, 'add', 's', true)
    assert.equal(await mine(), 'lri')
    await change('anyone', 'add', 'i', true)
    assert.equal(await mine(), 'lr')
    await change(guest.account.id, 'remove', 's', true)
    assert.equal(await mine(), 'lrs')
    const stranger = await newPerson(given())
    assert.equal(rightLetters((await stranger.store.openMailbox(name)).rights), 'ls')
    assert.deepEqual(
      (await owner.store.acl(team.id)).map(({ subject, address, granted, denied }) => [
        subject,
        address?.localPart,
        rightLetters(granted),
        rightLetters(denied),
      ]),
      [
        ['anyone', undefined, 'lsi', 'i'],
        [guest.account.id, guest.account.localPart, 'lr', ''],
      ],
    )
    await rejectsWith('mailbox-not-allowed', change(owner.account.id, 'remove', 'a'))
    await rejectsWith('account-not-found', change(987_654 as Subject, 'add', 'l'))
  })

  test('a message brings only the flags that may be set; a change keeps what it may not touch', async () => {
    const { backend } = given()
    const { owner, guest, team } = await shared(given(), 'lris')
    const all = flags(SEEN | DELETED | ANSWERED, 'k')
    await append(backend, guest.store, team.id, [{ flags: all }])
    await append(backend, guest.store, guest.inbox.id, [{ flags: all }])
    await guest.store.copy(guest.inbox.id, uids(1), team.id)
    const seen = (await list(owner.store, team.id)).map(({ system, keywords }) => [system, keywords])
    assert.deepEqual(seen, [
      [SEEN, []],
      [SEEN, []],
    ])
    assert.deepEqual((await owner.store.mailboxById(team.id)).keywords, [])
    await owner.store.changeFlags(team.id, uids(1), { mode: 'add', flags: flags(DRAFT | DELETED, 'k') })
    await guest.store.changeFlags(team.id, uids(1), { mode: 'replace', flags: flags(FLAGGED, 'other') })
    assert.deepEqual((await list(owner.store, team.id))[0]?.keywords, ['k'])
    assert.deepEqual(await systems(owner.store, team.id), [DRAFT | DELETED, SEEN])
    await guest.store.changeFlags(team.id, uids(1), { mode: 'add', flags: flags(SEEN | FLAGGED) })
    assert.deepEqual(await systems(owner.store, team.id), [DRAFT | DELETED | SEEN, SEEN])
    const { unseen, deleted } = await owner.store.mailboxById(team.id)
    assert.deepEqual([unseen, deleted], [0, 1])
  })

  test('messages between accounts are charged to each owner in full, and keep their ids', async () => {
    const { backend } = given()
    const { owner, guest, team } = await shared(given(), 'lriswtep')
    await append(backend, guest.store, guest.inbox.id, [{ octets: text('a', [], 'x'.repeat(1000)) }, {}])
    const before = await fetchOne(guest.store, guest.inbox.id, 1 as Uid)
    const octets = async ({ store }: Person): Promise<number> => (await store.quota()).octets
    const whole = await octets(guest)
    await guest.store.copy(guest.inbox.id, uids(1), team.id)
    assert.deepEqual([await octets(guest), await octets(owner)], [whole, before.size])
    await guest.store.move(guest.inbox.id, uids(1, 2), team.id)
    assert.deepEqual([await octets(guest), await octets(owner)], [0, whole + before.size])
    assert.equal((await guest.store.quota(team.id)).octets, whole + before.size)
    const after = await fetchOne(guest.store, team.id, 2 as Uid)
    assert.deepEqual([after.emailId, after.threadId, after.blob], [before.emailId, before.threadId, before.blob])
    await guest.store.move(team.id, uids(1), guest.inbox.id)
    assert.deepEqual([await octets(guest), await octets(owner)], [before.size, whole])
    const poor = await newPerson(given(), 100)
    await grant(poor, poor.inbox.id, guest.account.id, 'li')
    await rejectsWith('over-quota', guest.store.move(team.id, uids(2), poor.inbox.id))
    await rejectsWith('over-quota', guest.store.copy(team.id, uids(2), poor.inbox.id))
  })

  test('a new mailbox has the list of the one above it, whoever makes it; a deleted one leaves none', async () => {
    const { owner, guest, team, name } = await shared(given(), 'lkxr')
    await owner.store.setSeenMode(team.id, 'reader')
    const made = await guest.store.createMailbox(`${name}/a/b`)
    assert.deepEqual([made.name, made.owner, rightLetters(made.rights), made.seenMode], [`${name}/a/b`, owner.account.id, 'lrkx', 'reader'])
    assert.equal((await owner.store.openMailbox('Team/a/b')).id, made.id)
    await owner.store.createMailbox('Team/c')
    assert.equal(rightLetters((await guest.store.openMailbox(`${name}/c`)).rights), 'lrkx')
    await guest.store.renameMailbox(`${name}/a`, `${name}/d`)
    assert.equal((await owner.store.openMailbox('Team/d/b')).id, made.id)
    await rejectsWith('mailbox-not-allowed', guest.store.renameMailbox(`${name}/d`, 'mine'))
    await rejectsWith('not-permitted', guest.store.renameMailbox(`${name}/d`, nameOf(owner, 'top')))
    await rejectsWith('not-permitted', owner.store.renameMailbox('Team/d', nameOf(guest, 'd')))
    await guest.store.deleteMailbox(`${name}/c`)
    await owner.store.createMailbox('c')
    await rejectsWith('mailbox-not-found', guest.store.openMailbox(nameOf(owner, 'c')))
    await grant(owner, owner.inbox.id, guest.account.id, 'lx')
    await rejectsWith('mailbox-not-allowed', guest.store.deleteMailbox(nameOf(owner, 'INBOX')))
    await rejectsWith('mailbox-not-allowed', guest.store.renameMailbox(nameOf(owner, 'INBOX'), `${name}/x`))
  })

  test("in mode 'reader' each has a \\Seen of his own, with its counter, modseqs and notifications", async () => {
    const { backend } = given()
    const { owner, guest, team } = await shared(given(), 'lriswtea')
    const other = await newPerson(given())
    await grant(owner, team.id, other.account.id, 'lrs')
    await append(backend, owner.store, team.id, [{ flags: flags(SEEN) }, {}, {}])
    const { highestModSeq } = await guest.store.mailboxById(team.id)
    await guest.store.setSeenMode(team.id, 'reader')
    const unseen = async (): Promise<number[]> =>
      Promise.all([owner, guest, other].map(async ({ store }) => (await store.mailboxById(team.id)).unseen))
    assert.deepEqual(await unseen(), [2, 3, 3])
    assert.ok((await list(guest.store, team.id)).every(({ modSeq }) => modSeq > highestModSeq))

    const views = await Promise.all([owner, guest, other].map(({ store }) => Mirror.open(store, team.id)))
    const told: Change[] = []
    other.store.watch(team.id, (change) => told.push(change))
    const { modSeq, changed } = await guest.store.changeFlags(team.id, uids(1, 2), { mode: 'add', flags: flags(SEEN | FLAGGED) })
    assert.equal(changed, true)
    assert.deepEqual(await unseen(), [2, 1, 3])
    assert.deepEqual(await systems(guest.store, team.id), [SEEN | FLAGGED, SEEN | FLAGGED, 0])
    assert.deepEqual(await systems(owner.store, team.id), [SEEN | FLAGGED, FLAGGED, 0])
    assert.deepEqual(await systems(other.store, team.id), [FLAGGED, FLAGGED, 0])
    await guest.store.changeFlags(team.id, uids(3), { mode: 'add', flags: flags(SEEN) })
    assert.deepEqual(
      (await list(other.store, team.id)).map((message) => message.modSeq <= modSeq),
      [true, true, true],
    )
    assert.equal((await guest.store.changesSince(team.id, modSeq)).changed.uids.length, 1)
    assert.equal((await other.store.changesSince(team.id, modSeq)).changed.uids.length, 0)
    const late = await guest.store.changeFlags(team.id, uids(3), { mode: 'remove', flags: flags(SEEN), unchangedSince: modSeq })
    assert.deepEqual(late.modified, [3])
    await guest.store.changeFlags(team.id, uids(2), { mode: 'replace', flags: flags(ANSWERED) })
    const same = await guest.store.changeFlags(team.id, uids(2), { mode: 'remove', flags: flags(SEEN) })
    assert.equal(same.changed, false)

    await append(backend, guest.store, team.id, [{ flags: flags(SEEN) }])
    await guest.store.copy(team.id, uids(1, 2), team.id)
    await guest.store.copy(team.id, uids(1), guest.inbox.id)
    assert.deepEqual(await systems(guest.store, guest.inbox.id), [SEEN | FLAGGED])
    await backend.intake.accept(await plan(backend, text('new'), { deliveries: [delivery(owner.account.id, 'Team')] }))
    await guest.store.changeFlags(team.id, uids(1, 7), { mode: 'add', flags: flags(DELETED) })
    await guest.store.expunge(team.id, { uids: uids(1) })
    assert.deepEqual(await unseen(), [6, 3, 6])
    assert.deepEqual(await systems(guest.store, team.id), [ANSWERED, SEEN, SEEN, SEEN | FLAGGED, ANSWERED, DELETED])
    for (const [index, { store }] of [owner, guest, other].entries()) {
      await views[index]?.catchUp()
      assert.equal(views[index]?.gaps, 0)
      await views[index]?.settle()
      await views[index]?.equals(store, `view ${index}`)
      views[index]?.close()
    }
    assert.ok(
      told.every((change) => change.kind !== 'flags' || change.batch.system.every((bits) => (bits & SEEN) === 0 || change.keepsSeen)),
    )

    await owner.store.setSeenMode(team.id, 'owner')
    assert.deepEqual(await systems(guest.store, team.id), await systems(owner.store, team.id))
    assert.deepEqual(await unseen(), [6, 6, 6])
  })

  test('whatever owner and readers do, each sees the flags of all and the \\Seen that is his', async (t) => {
    const seed = chooseSeed()
    t.diagnostic(`CONTRACT_SEED=${seed}`)
    const random = new Random(seed)
    const { backend } = given()
    const { owner, guest, team } = await shared(given(), 'lrswite')
    const third = await newPerson(given())
    await grant(owner, team.id, third.account.id, 'lrswite')
    await owner.store.setSeenMode(team.id, 'reader')
    const people = [owner, guest, third].map(({ store }) => ({ store, seen: new Set<number>() }))
    const common = new Map<number, number>()
    const put = (uid: number, system: number, actor: (typeof people)[number]): void => {
      common.set(uid, system & ~SEEN)
      if ((system & SEEN) !== 0) actor.seen.add(uid)
    }
    const views = await Promise.all(people.map(({ store }) => Mirror.open(store, team.id)))
    for (let act = 0; act < 150; act++) {
      const actor = random.pick(people)
      const some = random.some([...common.keys()], 0.3) as Uid[]
      const system = random.below(32)
      const kind = random.below(10)
      if (kind < 3) {
        for (const uid of await append(backend, actor.store, team.id, [{ flags: flags(system) }])) put(uid, system, actor)
      } else if (kind < 8) {
        const mode = random.pick(['add', 'remove', 'replace'] as const)
        await actor.store.changeFlags(team.id, some, { mode, flags: flags(system) })
        for (const uid of some) {
          const before = (common.get(uid) ?? 0) | (actor.seen.has(uid) ? SEEN : 0)
          actor.seen.delete(uid)
          put(uid, mode === 'add' ? before | system : mode === 'remove' ? before & ~system : system, actor)
        }
      } else if (kind === 8) {
        const { from, to } = await actor.store.copy(team.id, some.slice(0, 3), team.id)
        for (const [index, uid] of to.entries()) {
          const source = from[index] as number
          put(uid, (common.get(source) ?? 0) | (actor.seen.has(source) ? SEEN : 0), actor)
        }
      } else {
        for (const uid of await actor.store.expunge(team.id, { uids: some.slice(0, 2), anyFlags: true })) {
          common.delete(uid)
          for (const { seen } of people) seen.delete(uid)
        }
      }
      if (random.below(4) === 0) await views[random.below(3)]?.catchUp()
    }
    for (const [index, { store, seen }] of people.entries()) {
      const wanted = [...common].sort(([a], [b]) => a - b).map(([uid, system]) => [uid, system | (seen.has(uid) ? SEEN : 0)])
      const found = (await list(store, team.id)).map(({ uid, system }) => [uid, system])
      assert.deepEqual(found, wanted, `CONTRACT_SEED=${seed}`)
      assert.equal((await store.mailboxById(team.id)).unseen, common.size - seen.size, `CONTRACT_SEED=${seed}`)
      await views[index]?.catchUp()
      await views[index]?.equals(store, `CONTRACT_SEED=${seed}, view ${index}`)
      assert.equal(views[index]?.gaps, 0)
    }
    assert.deepEqual(await backend.check(), [], `CONTRACT_SEED=${seed}`)
  })

  test('annotations are read and set by who may see and read; those for all by who may write', async () => {
    const { owner, guest, team } = await shared(given(), 'lr')
    const set = (name: string) => guest.store.setMetadata(team.id, [{ name, value: text('x') }])
    await set('/private/comment')
    await rejectsWith('not-permitted', set('/shared/comment'))
    assert.deepEqual(
      (await guest.store.listMetadata(team.id)).map(({ name }) => name),
      ['/private/comment'],
    )
    await grant(owner, team.id, guest.account.id, 'lw')
    await set('/shared/comment')
    await grant(owner, team.id, guest.account.id, 'l')
    await rejectsWith('not-permitted', guest.store.listMetadata(team.id))
    await grant(owner, team.id, guest.account.id, 'r')
    await rejectsWith('mailbox-not-found', guest.store.metadata(team.id, ['/shared/comment']))
  })

  test('rights that change are told to who watches the mailbox, and to who watches all accounts', async () => {
    const { owner, guest, team } = await shared(given(), 'lr')
    const told: Change['kind'][] = []
    const accounts: string[] = []
    guest.store.watch(team.id, ({ kind }) => told.push(kind))
    const stop = given().backend.stores.watchAccounts(({ kind, account }) => accounts.push(`${kind} ${account}`))
    await grant(owner, team.id, guest.account.id, '')
    stop()
    assert.deepEqual([told, accounts], [['rights'], [`rights ${owner.account.id}`]])
    await rejectsWith('mailbox-not-found', guest.store.mailboxById(team.id))
  })

  test('a claim of \\Recent is its owner’s; a removed account leaves no entry and takes its shared mailboxes along', async () => {
    const { backend } = given()
    const { owner, guest, team, name } = await shared(given(), 'lrs')
    await append(backend, owner.store, team.id, [{}])
    await guest.store.recent(team.id, true)
    assert.equal(await owner.store.recent(team.id, true), 1)
    await owner.store.setSeenMode(team.id, 'reader')
    await guest.store.changeFlags(team.id, uids(1), { mode: 'add', flags: flags(SEEN) })
    await backend.directory.removeAccount(guest.account.id)
    assert.deepEqual(await owner.store.acl(team.id), [])
    const third = await newPerson(given())
    await grant(owner, team.id, third.account.id, 'lr')
    await backend.directory.removeAccount(owner.account.id)
    await rejectsWith('mailbox-not-found', third.store.openMailbox(name))
    await rejectsWith('mailbox-not-found', third.store.mailboxById(team.id))
    assert.ok((await third.store.listMailboxes()).every(({ owner: id }) => id !== owner.account.id))
  })
}
