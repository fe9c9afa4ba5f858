import type { Mailbox, Uid } from '@mailstead/store'
import type { ImapDecoder } from '@mailstead/wire'
import { command, type CommandContext, type Registry, type StatusItem, type TableEntry } from '../command.ts'
import type { Authenticated, Selected } from '../session.ts'

/** RFC 3501 section 6.3.10; DELETED is RFC 9051's and RFC 9208's. */
export const baseStatusItems: readonly StatusItem[] = [
  { name: 'MESSAGES', value: ({ messages }) => messages },
  { name: 'RECENT', value: countRecent },
  { name: 'UIDNEXT', value: ({ uidNext }) => uidNext },
  { name: 'UIDVALIDITY', value: ({ uidValidity }) => uidValidity },
  { name: 'UNSEEN', value: ({ unseen }) => unseen },
  { name: 'DELETED', value: ({ deleted }) => deleted },
]

/** STATUS: counters only, so it costs the same for any mailbox. */
export const status: TableEntry = command({
  name: 'STATUS',
  state: 'authenticated',
  sync: 'everything',
  parse(d, registry) {
    d.space()
    const name = d.mailbox()
    d.space()
    return { name, items: statusItems(d, registry) }
  },
  async run(context, { name, items }) {
    await printStatus(context, await context.session.store.openMailbox(name, 'read'), items)
    return { text: 'Status given' }
  },
})

/** "(" status-att *(SP status-att) ")" */
export function statusItems(d: ImapDecoder, registry: Registry): readonly StatusItem[] {
  return d.list(() => registry.statusItem(d.word()) ?? d.fail('an item of STATUS before here'))
}

/** At once, where no item has to be waited for. */
export function printStatus(
  context: CommandContext<Authenticated | Selected>,
  mailbox: Mailbox,
  items: readonly StatusItem[],
): Promise<void> | undefined {
  const values = items.map((item) => item.value(mailbox, context))
  const print = (known: readonly (number | string)[]): void =>
    context.respond.status(
      mailbox.name,
      items.map(({ name }, n) => `${name} ${known[n]}`),
    )
  if (values.some((value) => value instanceof Promise)) return Promise.all(values.map(async (value) => value)).then(print)
  print(values as readonly (number | string)[])
  return undefined
}

async function countRecent(mailbox: Mailbox, { session: { store } }: CommandContext<Authenticated | Selected>): Promise<number> {
  const from = await store.recent(mailbox.id, false)
  if (from >= mailbox.uidNext) return 0
  if (from === 1) return mailbox.messages
  let count = 0
  for await (const batch of store.listMessages(mailbox.id, (from - 1) as Uid)) count += batch.uids.length
  return count
}
