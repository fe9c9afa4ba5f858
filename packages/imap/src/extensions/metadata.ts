import { isPrivate, MAX_METADATA_VALUE, mayDo, StoreError, type MailboxId, type MetadataChange } from '@mailstead/store'
import type { ImapDecoder } from '@mailstead/wire'
import { command, type CommandContext, type Extension, type TableEntry } from '../command.ts'
import { ImapBad, ImapNo } from '../errors.ts'
import { checkName, entryName, settableName, unique } from '../metadata/entry.ts'
import { printAnnotations } from '../metadata/print.ts'
import { ofMailbox, ofServer, readAnnotations, type ReadOptions } from '../metadata/read.ts'
import type { Authenticated, Selected } from '../session.ts'

type Context = CommandContext<Authenticated | Selected>

const DEPTHS: ReadonlyMap<string, number> = new Map([
  ['0', 0],
  ['1', 1],
  ['INFINITY', Infinity],
])

const ALL: ReadOptions = { depth: 0, maxSize: Infinity }

const getMetadata: TableEntry = command({
  name: 'GETMETADATA',
  state: 'authenticated',
  sync: 'everything',
  // getmetadata = "GETMETADATA" [SP getmetadata-options] SP mailbox SP entries
  parse(d) {
    d.space()
    let options = d.peek() === '(' ? readOptions(d, words(d)) : undefined
    if (options !== undefined) d.space()
    const mailbox = d.mailbox()
    d.space()
    let names = d.peek() === '(' ? words(d) : undefined
    if (options === undefined && names !== undefined && !d.atEnd) {
      // In the examples of RFC 5464 the options stand behind the mailbox.
      options = readOptions(d, names)
      d.space()
      names = d.peek() === '(' ? words(d) : undefined
    }
    names ??= namesToTheEnd(d)
    return { mailbox, names: unique(names.map((name) => checkName(d, name))), options: options ?? ALL }
  },
  async run(context, { mailbox, names, options }) {
    const { session, services, respond } = context
    const { store } = session
    const of = mailbox === '' ? ofServer(store, services.serverMetadata) : ofMailbox(store, (await store.openMailbox(mailbox)).id)
    const { entries, longest } = await readAnnotations(of, names, options)
    printAnnotations(respond, mailbox, entries)
    return { text: 'That is what there is', ...(longest === 0 ? {} : { code: `METADATA LONGENTRIES ${longest}` }) }
  },
})

function words(d: ImapDecoder): readonly string[] {
  return d.list(() => d.astring())
}

/** Without parentheses there is one by the grammar; the examples have several. */
function namesToTheEnd(d: ImapDecoder): readonly string[] {
  const names = [d.astring()]
  while (d.skip(' ')) names.push(d.astring())
  return names
}

// getmetadata-options = "(" getmetadata-option *(SP getmetadata-option) ")": "MAXSIZE" SP number, "DEPTH" SP ("0" / "1" / "infinity")
function readOptions(d: ImapDecoder, list: readonly string[]): ReadOptions {
  const given = new Map<string, string>()
  for (let at = 0; at < list.length; at += 2) given.set((list[at] ?? '').toUpperCase(), (list[at + 1] ?? '').toUpperCase())
  const { size } = given
  const maxSize = given.get('MAXSIZE')
  const depth = DEPTHS.get(given.get('DEPTH') ?? '0')
  const known = [...given.keys()].every((name) => name === 'MAXSIZE' || name === 'DEPTH')
  if (!known || size * 2 !== list.length || depth === undefined || !/^\d{1,10}$/.test(maxSize ?? '0')) {
    return d.fail('MAXSIZE and a number, DEPTH and 0, 1 or infinity before here')
  }
  return { depth, maxSize: maxSize === undefined ? Infinity : Number(maxSize) }
}

const setMetadata: TableEntry = command({
  name: 'SETMETADATA',
  state: 'authenticated',
  sync: 'everything',
  // setmetadata = "SETMETADATA" SP mailbox SP "(" entry SP value *(SP entry SP value) ")"
  parse(d) {
    d.space()
    const mailbox = d.mailbox()
    d.space()
    const changes = d.list((): MetadataChange => {
      const name = settableName(d)
      d.space()
      return { name, value: d.value() }
    })
    return { mailbox, changes }
  },
  async literal(_, __, { size }) {
    if (size > MAX_METADATA_VALUE) throw tooLong()
    return undefined
  },
  async run(context, { mailbox, changes }) {
    const { session } = context
    if (mailbox === '' && !changes.every(({ name }) => isPrivate(name))) {
      throw new ImapNo('What the server shares with all is set by the administrator', 'NOPERM')
    }
    await set(context, mailbox === '' ? undefined : (await session.store.openMailbox(mailbox)).id, changes)
    return { text: 'Set' }
  },
})

async function set({ session }: Context, mailbox: MailboxId | undefined, changes: readonly MetadataChange[]): Promise<void> {
  const names = changes.map(({ name }) => name)
  const keys = names.map((name) => name.toLowerCase())
  if (new Set(keys).size < keys.length) throw new ImapBad('Each entry once')
  try {
    await session.metadata.during(mailbox, names, () => session.store.setMetadata(mailbox, changes))
  } catch (error) {
    if (!(error instanceof StoreError)) throw error
    if (error.code === 'limit') throw new ImapNo(error.message, 'METADATA TOOMANY')
    if (error.code === 'too-big') throw tooLong()
    throw error
  }
}

function tooLong(): ImapNo {
  return new ImapNo('The value is too long', `METADATA MAXSIZE ${MAX_METADATA_VALUE}`)
}

/** RFC 5464. Annotations of mailboxes and of the server; the server's shared ones come from the configuration. */
export const metadata: Extension = {
  capability: 'METADATA',
  rfc: 5464,
  summary: 'Notes on mailboxes and on the server, one’s own and shared ones, and news of what others change about them',
  enable: ({ session }) => session.metadata.enable(),
  commands: [getMetadata, setMetadata],
}

/** RFC 9590: METADATA responses with LIST, instead of a GETMETADATA a mailbox. */
export const listMetadata: Extension = {
  capability: 'LIST-METADATA',
  rfc: 9590,
  summary: 'LIST brings annotations along',
  needs: ['LIST-EXTENDED', 'METADATA'],
  listReturns: [
    {
      name: 'METADATA',
      parse(d) {
        d.space()
        return unique(d.list(() => entryName(d)))
      },
      async follow({ session, respond }, mailbox, args) {
        // A mailbox of somebody else, which may be seen and no more.
        if (!mayDo(mailbox.rights, 'annotate')) return
        const { entries } = await readAnnotations(ofMailbox(session.store, mailbox.id), args as readonly string[], ALL)
        printAnnotations(respond, mailbox.name, entries)
      },
    },
  ],
}
