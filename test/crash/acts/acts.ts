import type { Client } from '../../../packages/imap/test/client.ts'
import type { Letter } from './letter.ts'
import type { Owner } from './owner.ts'
import { added, contentOf, flagged, INBOX, type Kept, removed, renamed, type State, withMailbox, withoutMailbox } from './state.ts'

/** One thing that an owner does, or nothing when there is nothing to do it to. */
export type Act = (owner: Owner, client: Client) => Promise<void>

const FLAGS: readonly string[] = ['\\Answered', '\\Deleted', '\\Draft', '\\Flagged', '\\Seen', '$Label1', 'Work'].sort()
const MOST_MAILBOXES = 8
const MOST_MESSAGES = 60

const deliver: Act = async (owner) => {
  if (isFull(owner)) return
  const { name, text } = owner.write()
  const smtp = await owner.smtp()
  try {
    await owner.does(added(owner.state, INBOX, [{ name, uid: undefined, flags: [] }]), () =>
      smtp.deliver('sender@else.test', [owner.user], text),
    )
  } finally {
    smtp.close()
  }
}

/** APPEND, or MULTIAPPEND (RFC 3502): all messages or none. */
const append: Act = async (owner, client) => {
  if (isFull(owner)) return
  const mailbox = owner.random.pick([...owner.state.keys()])
  const letters = Array.from({ length: 1 + owner.random.int(3) }, () => ({ letter: owner.write(), flags: someFlags(owner) }))
  const messages = letters.map(({ letter, flags }) => ({ name: letter.name, uid: undefined, flags }))
  await owner.does(added(owner.state, mailbox, messages), async () => {
    if (owner.mistake !== 'halves') return appendAll(client, mailbox, letters)
    for (const each of letters.slice(0, -1)) await appendAll(client, mailbox, [each])
    return appendAll(client, mailbox, letters.slice(-1))
  })
}

async function appendAll(
  client: Client,
  mailbox: string,
  letters: readonly { letter: Letter; flags: readonly string[] }[],
): Promise<string> {
  const literals = letters.map(({ letter: { text }, flags }) => ` (${flags.join(' ')}) {${text.length}+}\r\n${text}`)
  return (await client.command(`APPEND "${mailbox}"${literals.join('')}`)).at(-1) ?? ''
}

const store: Act = (owner, client) =>
  withSome(owner, client, async (mailbox, uids) => {
    const change = { how: owner.random.pick(['add', 'remove', 'replace'] as const), flags: someFlags(owner) }
    const item = { add: '+FLAGS', remove: '-FLAGS', replace: 'FLAGS' }[change.how]
    const after = flagged(owner.state, mailbox, new Set(uids), change)
    await command(owner, client, after, `UID STORE ${uids.join(',')} ${item} (${change.flags.join(' ')})`)
  })

const copy: Act = (owner, client) =>
  withSome(owner, client, async (mailbox, uids) => {
    const target = otherThan(owner, mailbox)
    if (target === undefined || isFull(owner)) return
    await command(owner, client, added(owner.state, target, taken(owner, mailbox, uids)), `UID COPY ${uids.join(',')} "${target}"`)
  })

const move: Act = (owner, client) =>
  withSome(owner, client, async (mailbox, uids) => {
    const target = otherThan(owner, mailbox)
    if (target === undefined) return
    const after = added(removed(owner.state, mailbox, new Set(uids)), target, taken(owner, mailbox, uids))
    await command(owner, client, after, `UID MOVE ${uids.join(',')} "${target}"`)
  })

const expunge: Act = (owner, client) =>
  withSome(owner, client, async (mailbox, uids) => {
    const chosen = new Set(uids)
    const gone = contentOf(owner.state, mailbox).filter(
      ({ uid, flags }) => uid !== undefined && chosen.has(uid) && flags.includes('\\Deleted'),
    )
    await command(owner, client, removed(owner.state, mailbox, uidsOf(gone)), `UID EXPUNGE ${uids.join(',')}`)
  })

const create: Act = async (owner, client) => {
  const name = `box${owner.random.int(1000)}`
  if (owner.state.size >= MOST_MAILBOXES || owner.state.has(name)) return
  await command(owner, client, withMailbox(owner.state, name, []), `CREATE ${name}`)
}

const rename: Act = async (owner, client) => {
  const name = `box${owner.random.int(1000)}`
  const from = own(owner)
  if (from === undefined || owner.state.has(name)) return
  await command(owner, client, renamed(owner.state, from, name), `RENAME ${from} ${name}`)
}

const remove: Act = async (owner, client) => {
  const name = own(owner)
  if (name === undefined || !owner.random.chance(0.3)) return
  await command(owner, client, withoutMailbox(owner.state, name), `DELETE ${name}`)
}

/** POP3: what is marked goes with QUIT, all of it or none (RFC 1939 section 6). */
const maildrop: Act = async (owner, client) => {
  await learnUids(owner, client, INBOX)
  const pop3 = await owner.pop3()
  const there = [...contentOf(owner.state, INBOX)].sort((a, b) => (a.uid ?? 0) - (b.uid ?? 0))
  for (const [index, { name }] of there.entries()) {
    const id = (await pop3.ask(`UIDL ${index + 1}`)).split(' ')[2] ?? ''
    const wrong = owner.ledger.uniqueId(`${owner.user} ${id}`, name)
    if (wrong.length > 0) throw new Error(wrong.join('\n'))
  }
  const gone = there.filter(() => owner.random.chance(0.3))
  for (const each of gone) await pop3.ask(`DELE ${there.indexOf(each) + 1}`)
  await owner.does(removed(owner.state, INBOX, uidsOf(gone)), () => pop3.ask('QUIT'))
}

/** Each as often as it stands here. */
export const acts: readonly Act[] = [
  deliver,
  deliver,
  deliver,
  append,
  append,
  store,
  store,
  store,
  copy,
  move,
  move,
  expunge,
  create,
  rename,
  remove,
  maildrop,
]

async function command(owner: Owner, client: Client, after: State, text: string): Promise<void> {
  await owner.does(after, async () => (await client.command(text)).at(-1) ?? '')
}

/** Selects a mailbox with messages and picks some of them. */
async function withSome(owner: Owner, client: Client, act: (mailbox: string, uids: readonly number[]) => Promise<void>): Promise<void> {
  const filled = [...owner.state].filter(([, content]) => content.length > 0)
  if (filled.length === 0) return
  const [mailbox] = owner.random.pick(filled)
  await learnUids(owner, client, mailbox)
  const uids = [...uidsOf(contentOf(owner.state, mailbox).filter(() => owner.random.chance(0.4)))]
  if (uids.length > 0) await act(mailbox, uids)
}

/** Selects the mailbox. Messages that came without saying which UID they have get theirs: by name, and those of one name in any order. */
async function learnUids(owner: Owner, client: Client, mailbox: string): Promise<void> {
  await client.ok(`SELECT "${mailbox}"`)
  const content = contentOf(owner.state, mailbox)
  if (content.every(({ uid }) => uid !== undefined)) return
  const known = uidsOf(content)
  const fresh: { uid: number; name: string; flags: string }[] = []
  for (const response of await client.ok('UID FETCH 1:* (FLAGS BODY.PEEK[HEADER.FIELDS (SUBJECT)])')) {
    const found = /UID (\d+) FLAGS \(([^)]*)\).*\r\nSubject: (\S+)/.exec(response)
    if (found !== null && !known.has(Number(found[1]))) {
      fresh.push({ uid: Number(found[1]), name: found[3] ?? '', flags: sorted(found[2] ?? '') })
    }
  }
  const learnt = content.map((each): Kept => {
    if (each.uid !== undefined) return each
    const at = fresh.findIndex(({ name, flags }) => name === each.name && flags === each.flags.join(' '))
    if (at < 0) throw new Error(`${owner.user}: ${each.name} was acknowledged and is not in ${mailbox}`)
    return { ...each, uid: fresh.splice(at, 1)[0]?.uid }
  })
  owner.learn(withMailbox(owner.state, mailbox, learnt))
}

function sorted(flags: string): string {
  return flags
    .split(' ')
    .filter((flag) => flag !== '' && flag !== '\\Recent')
    .sort()
    .join(' ')
}

function taken(owner: Owner, mailbox: string, uids: readonly number[]): Kept[] {
  const chosen = new Set(uids)
  return contentOf(owner.state, mailbox)
    .filter(({ uid }) => uid !== undefined && chosen.has(uid))
    .map((each) => ({ ...each, uid: undefined }))
}

function uidsOf(messages: readonly Kept[]): Set<number> {
  return new Set(messages.flatMap(({ uid }) => uid ?? []))
}

function isFull({ state }: Owner): boolean {
  return [...state.values()].reduce((sum, { length }) => sum + length, 0) >= MOST_MESSAGES
}

function someFlags(owner: Owner): string[] {
  return FLAGS.filter(() => owner.random.chance(0.3))
}

function otherThan(owner: Owner, mailbox: string): string | undefined {
  const others = [...owner.state.keys()].filter((name) => name !== mailbox)
  return others.length === 0 ? undefined : owner.random.pick(others)
}

/** One of the mailboxes that the owner made. */
function own(owner: Owner): string | undefined {
  const made = [...owner.state.keys()].filter((name) => name.startsWith('box'))
  return made.length === 0 ? undefined : owner.random.pick(made)
}
