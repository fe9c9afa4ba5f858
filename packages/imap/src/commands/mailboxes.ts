import { command, type Result, type TableEntry } from '../command.ts'
import { newName, superiors } from '../names.ts'
import type { SpecialUse } from '@mailstead/store'
import type { ImapDecoder, WrittenName } from '@mailstead/wire'
import { ImapNo } from '../errors.ts'
import { tellName } from '../list-entries.ts'
import { deselect, speaksRev2 } from '../session.ts'

const USES: ReadonlyMap<string, SpecialUse> = new Map(
  (['\\Archive', '\\Drafts', '\\Junk', '\\Sent', '\\Trash'] as const).map((use) => [use.toLowerCase(), use]),
)

interface CreateArguments extends WrittenName {
  readonly uses: readonly string[]
}

/** CREATE, RFC 3501 section 6.3.3; `(USE (\Sent))`, RFC 6154 section 3. */
const create: TableEntry = command({
  name: 'CREATE',
  state: 'authenticated',
  sync: 'everything',
  // create = "CREATE" SP mailbox [SP "(" "USE" SP "(" [use-attr *(SP use-attr)] ")" ")"]
  parse(d): CreateArguments {
    d.space()
    const name = d.writtenMailbox()
    if (d.atEnd) return { ...name, uses: [] }
    d.space()
    return { ...name, uses: d.list(() => createParameter(d)).flat() }
  },
  async run({ session, services, peer, respond }, { name, written, uses }): Promise<Result> {
    const specialUse = useOf(uses)
    const wanted = newName(name, services.limits.nameLength)
    const mailbox = await session.store.createMailbox(wanted, specialUse === undefined ? {} : { specialUse })
    if (speaksRev2(session) && name !== written) tellName(respond, mailbox, written)
    const [code] = peer.registry.mailboxCodes(mailbox)
    return { text: 'Created', names: [wanted, ...superiors(wanted)], ...(code === undefined ? {} : { code }) }
  },
})

function createParameter(d: ImapDecoder): string[] {
  if (!d.skipWord('USE')) d.fail('USE')
  d.space()
  return d.listOrNone(() => d.flag())
}

/** One use a mailbox, and none for virtual mailboxes, which there are not. */
function useOf(uses: readonly string[]): SpecialUse | undefined {
  const [first, ...more] = uses
  if (first === undefined) return undefined
  const use = USES.get(first.toLowerCase())
  if (use === undefined) throw new ImapNo(`${first} is not supported`, 'USEATTR')
  if (more.length > 0) throw new ImapNo('A mailbox has one special use at most', 'USEATTR')
  return use
}

/** DELETE, RFC 3501 section 6.3.4. Inferior mailboxes stay. Who deletes the mailbox he has selected has none selected afterwards. */
const remove: TableEntry = command({
  name: 'DELETE',
  state: 'authenticated',
  sync: 'everything',
  parse(d) {
    d.space()
    return d.writtenMailbox()
  },
  async run({ session, respond }, { name, written }) {
    const { id } = await session.store.openMailbox(name, 'remove')
    await session.store.deleteMailbox(name)
    if (speaksRev2(session) && name !== written) respond.list('LIST', { attributes: ['\\NonExistent'], name, oldName: written })
    if (session.state !== 'selected' || session.view.mailbox.id !== id) return { text: 'Deleted', names: [name] }
    respond.ok('CLOSED', 'No mailbox is selected now')
    return { text: 'Deleted', names: [name], session: deselect(session) }
  },
})

/** RENAME, RFC 3501 section 6.3.5. Thunderbird deletes a folder by renaming it below Trash. */
const rename: TableEntry = command({
  name: 'RENAME',
  state: 'authenticated',
  sync: 'everything',
  parse(d) {
    d.space()
    const from = d.writtenMailbox()
    d.space()
    return { from, to: d.writtenMailbox() }
  },
  async run({ session, services, respond }, { from, to }) {
    const wanted = newName(to.name, services.limits.nameLength)
    await session.store.renameMailbox(from.name, wanted)
    // RFC 9051 section 6.3.6: there is still an INBOX afterwards.
    const differs = from.name !== from.written || to.name !== to.written
    if (speaksRev2(session) && differs && from.name !== 'INBOX') {
      respond.list('LIST', { attributes: [], name: wanted, oldName: from.written })
    }
    return { text: 'Renamed', names: [from.name, wanted, ...superiors(wanted)] }
  },
})

/** SUBSCRIBE, RFC 3501 section 6.3.6: to what exists; it stays when the mailbox goes. */
const subscribe: TableEntry = command({
  name: 'SUBSCRIBE',
  state: 'authenticated',
  sync: 'everything',
  parse: oneName,
  async run({ session }, name) {
    await session.store.openMailbox(name)
    await session.store.subscribe(name)
    return { text: 'Subscribed', names: [name] }
  },
})

const unsubscribe: TableEntry = command({
  name: 'UNSUBSCRIBE',
  state: 'authenticated',
  sync: 'everything',
  parse: oneName,
  async run({ session }, name) {
    await session.store.unsubscribe(name)
    return { text: 'Unsubscribed', names: [name] }
  },
})

function oneName(d: ImapDecoder): string {
  d.space()
  return d.mailbox()
}

export const mailboxCommands: readonly TableEntry[] = [create, remove, rename, subscribe, unsubscribe]
