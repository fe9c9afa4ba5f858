import { formatAddress } from '@mailstead/accounts'
import { saslPrep } from '@mailstead/sasl'
import {
  ALL_RIGHTS,
  mayDo,
  NO_RIGHTS,
  RIGHT_BITS,
  rightLetters,
  rightsOf,
  type AclEntry,
  type Mailbox,
  type Rights,
  type RightsChange,
  type Subject,
} from '@mailstead/store'
import { formatString, type ImapDecoder } from '@mailstead/wire'
import { command, type CommandContext, type Extension, type TableEntry } from '../command.ts'
import { ImapBad, ImapNo } from '../errors.ts'
import type { Authenticated, Selected } from '../session.ts'

type Context = CommandContext<Authenticated | Selected>

/** RFC 4314 section 2.1.1: the older rights that stand for two each, for clients of RFC 2086. */
const VIRTUAL = { c: rightsOf('kx'), d: rightsOf('et') } as const

/** `lrswipkxtecda`, with the older rights where any of theirs is there. */
export function formatRights(rights: Rights): string {
  const letters = rightLetters(rights)
  const virtual = Object.entries(VIRTUAL).filter(([, members]) => (rights & members) !== 0)
  const older = virtual.map(([letter]) => letter).join('')
  return letters.endsWith('a') ? `${letters.slice(0, -1)}${older}a` : letters + older
}

/** What `mod-rights` says of the rights behind its sign (RFC 4314 section 3.1). */
function parseRights(text: string): Pick<RightsChange, 'mode' | 'rights'> {
  const sign = /^[+-]/.exec(text)?.[0]
  let rights: number = NO_RIGHTS
  for (const letter of text.slice(sign === undefined ? 0 : 1)) {
    if (letter >= 'A' && letter <= 'Z') throw new ImapBad('Uppercase rights are not allowed')
    const bits = letter in VIRTUAL ? VIRTUAL[letter as keyof typeof VIRTUAL] : rightsOf(letter)
    if (bits === NO_RIGHTS) throw new ImapBad('Such a right is not supported')
    rights |= bits
  }
  return { mode: sign === '+' ? 'add' : sign === '-' ? 'remove' : 'replace', rights: rights as Rights }
}

interface Identifier {
  readonly subject: Subject
  readonly negative: boolean
}

/** `anyone` or an account's login name; with a dash in front its rights are taken away. */
async function identify({ services }: Context, text: string): Promise<Identifier> {
  const prepared = saslPrep(text)
  if (prepared === undefined || prepared === '') throw new ImapBad('Not an identifier')
  const negative = prepared.startsWith('-')
  const name = negative ? prepared.slice(1) : prepared
  if (name.toLowerCase() === 'anyone') return { subject: 'anyone', negative }
  const account = await services.accounts.find(name)
  if (account === undefined) throw new ImapNo('There is no such user')
  return { subject: account.id, negative }
}

/** Whoever may not administer a mailbox that he sees hears so before anything else is looked at. */
function openForAdministration({ session }: Context, name: string): Promise<Mailbox> {
  return session.store.openMailbox(name, 'administer')
}

async function change(context: Context, name: string, identifier: string, rights: Pick<RightsChange, 'mode' | 'rights'>): Promise<void> {
  const mailbox = await openForAdministration(context, name)
  const { subject, negative } = await identify(context, identifier)
  // Clients that write back the list they have read change nothing for the owner.
  if (subject === mailbox.owner && !negative && rights.mode !== 'remove' && rights.rights === ALL_RIGHTS) return
  await context.session.store.setRights(mailbox.id, subject, { ...rights, negative })
}

const setAcl: TableEntry = command({
  name: 'SETACL',
  state: 'authenticated',
  sync: 'everything',
  // setacl = "SETACL" SP mailbox SP identifier SP mod-rights
  parse(d) {
    const name = nameOf(d)
    d.space()
    const identifier = d.astring()
    d.space()
    return { name, identifier, rights: parseRights(d.astring()) }
  },
  async run(context, { name, identifier, rights }) {
    await change(context, name, identifier, rights)
    return { text: 'Rights set' }
  },
})

const deleteAcl: TableEntry = command({
  name: 'DELETEACL',
  state: 'authenticated',
  sync: 'everything',
  parse: nameAndIdentifier,
  async run(context, { name, identifier }) {
    await change(context, name, identifier, { mode: 'replace', rights: NO_RIGHTS })
    return { text: 'Entry deleted' }
  },
})

const getAcl: TableEntry = command({
  name: 'GETACL',
  state: 'authenticated',
  sync: 'everything',
  parse: nameOf,
  async run(context, name) {
    const { session, services, respond } = context
    const mailbox = await openForAdministration(context, name)
    const owner = await services.accounts.account(mailbox.owner)
    const pairs = (await session.store.acl(mailbox.id)).flatMap(pairsOf)
    if (owner !== undefined) pairs.unshift([formatAddress(owner), ALL_RIGHTS])
    const text = pairs.map(([identifier, rights]) => ` ${formatString(identifier)} ${formatRights(rights)}`)
    respond.untagged(`ACL ${respond.mailbox(mailbox.name)}${text.join('')}`)
    return { text: 'Rights given' }
  },
})

/** An entry as its identifier with its rights, and with a dash in front those taken away. */
function pairsOf({ address, granted, denied }: AclEntry): [identifier: string, rights: Rights][] {
  const identifier = address === undefined ? 'anyone' : formatAddress(address)
  const pairs: [string, Rights][] = []
  if (granted !== NO_RIGHTS) pairs.push([identifier, granted])
  if (denied !== NO_RIGHTS) pairs.push([`-${identifier}`, denied])
  return pairs
}

/** The owner has all rights always; everybody else may have any of them, each alone. */
const listRights: TableEntry = command({
  name: 'LISTRIGHTS',
  state: 'authenticated',
  sync: 'everything',
  parse: nameAndIdentifier,
  async run(context, { name, identifier }) {
    const mailbox = await openForAdministration(context, name)
    const { subject, negative } = await identify(context, identifier)
    const always = subject === mailbox.owner && !negative
    const each = [...Object.keys(RIGHT_BITS), ...Object.keys(VIRTUAL)].join(' ')
    const rights = always ? formatRights(ALL_RIGHTS) : `"" ${each}`
    context.respond.untagged(`LISTRIGHTS ${context.respond.mailbox(mailbox.name)} ${formatString(identifier)} ${rights}`)
    return { text: 'Rights listed' }
  },
})

const myRights: TableEntry = command({
  name: 'MYRIGHTS',
  state: 'authenticated',
  sync: 'everything',
  parse: nameOf,
  async run(context, name) {
    tellMyRights(context, await context.session.store.openMailbox(name, 'askRights'))
    return { text: 'Rights given' }
  },
})

function tellMyRights({ respond }: Context, { name, rights }: Mailbox): void {
  respond.untagged(`MYRIGHTS ${respond.mailbox(name)} ${formatRights(rights)}`)
}

function nameOf(d: ImapDecoder): string {
  d.space()
  return d.mailbox()
}

function nameAndIdentifier(d: ImapDecoder): { readonly name: string; readonly identifier: string } {
  const name = nameOf(d)
  d.space()
  return { name, identifier: d.astring() }
}

/** RFC 4314. What each command needs is the store's to check; see NEEDS there. */
export const acl: Extension = {
  capability: 'ACL',
  rfc: 4314,
  summary: 'Mailboxes shared with others: who may see, read, write, and administer them',
  commands: [setAcl, deleteAcl, getAcl, listRights, myRights],
}

/** The rights that RFC 2086 did not have. */
export const aclRights: Extension = {
  capability: 'RIGHTS=kxte',
  needs: ['ACL'],
  rfc: 4314,
  summary: 'Rights of their own to make, to remove and to expunge mailboxes, and to mark messages as deleted',
}

/** RFC 8440. */
export const listMyRights: Extension = {
  capability: 'LIST-MYRIGHTS',
  needs: ['ACL', 'LIST-EXTENDED'],
  rfc: 8440,
  summary: 'LIST brings MYRIGHTS along',
  listReturns: [
    {
      name: 'MYRIGHTS',
      async follow(context, mailbox) {
        if (mayDo(mailbox.rights, 'askRights')) tellMyRights(context, mailbox)
      },
    },
  ],
}
