/** What the rigs of acceptance act on: three accounts, one of them full, and messages of the first to all three, to somebody elsewhere and to a group that forwards. */
import { createAccounts } from '@mailstead/accounts'
import { silentLogger, type Clock } from '@mailstead/base'
import { createDelivery, type Admission } from '@mailstead/delivery'
import { SenderRewriting } from '@mailstead/signing'
import { checkConsistency, openSqlite, type SqliteOptions, type SqliteStore } from '@mailstead/sqlite'
import type { MailStore, QueueListing } from '@mailstead/store'
import { octetsOf, StandingClock } from '@mailstead/store/contract'
import { join } from 'node:path'

export const DOMAIN = 'crash.test'
const PEOPLE = ['ann', 'ben', 'cid'] as const
const ELSEWHERE = { localPart: 'far', domain: 'away.test' }
const GROUP = { localPart: 'away', domain: DOMAIN }
const LEAVING = ['far@away.test', 'forwarded@away.test']

/** A message of the sender's making; its subject is its name. */
export interface Letter {
  readonly subject: string
  /** Octets of the body, about. */
  readonly size: number
}

export interface Scene {
  /** Who has no room left: an index of PEOPLE. */
  readonly full: number
  readonly letters: readonly Letter[]
}

/** What is found in the INBOXes of those who have room. */
export type Found = 'all' | 'none' | 'part'

export function databaseIn(dir: string): string {
  return join(dir, 'mail.db')
}

export function openIn(
  dir: string,
  faults?: NonNullable<SqliteOptions['faults']>,
  clock: Clock = new StandingClock(Date.now()),
): Promise<SqliteStore> {
  return openSqlite({ path: databaseIn(dir), log: silentLogger, clock, ...(faults === undefined ? {} : { faults }) })
}

/** Makes the accounts in an empty folder, with a message in each, so that no counter begins at nought. */
export async function makeScene(dir: string, { full }: Scene): Promise<void> {
  const store = await openIn(dir)
  await store.directory.addDomain(DOMAIN)
  const made = await store.directory.addAccounts(
    PEOPLE.map((localPart) => ({ localPart, domain: DOMAIN, argon2: '$argon2id$crash', quota: undefined, mailboxes: [] })),
  )
  await store.directory.putGroup({ ...GROUP, targets: LEAVING.slice(1), told: false })
  await deliver(store, { subject: 'before', size: 100 })
  const id = made[full]?.id
  if (id !== undefined) await store.directory.setQuota(id, { octets: 1 })
  await store.close()
}

/** One message the way SMTP brings it. Resolves, once it is answered, to what became of each recipient. */
export async function deliver(store: SqliteStore, { subject, size }: Letter): Promise<Admission[]> {
  const clock = new StandingClock(Date.now())
  const accounts = createAccounts({ directory: store.directory, stores: store.stores, log: silentLogger, clock })
  const rewriting = new SenderRewriting(await store.directory.secret('srs'))
  const delivery = createDelivery({
    intake: store.intake,
    accounts,
    log: silentLogger,
    clock,
    hostName: 'mx.crash.test',
    leaves: true,
    rewriting,
  })
  const [sender] = await store.directory.listAccounts()
  if (sender === undefined) throw new Error('nobody is there to send')
  const transaction = delivery.begin({
    mailFrom: { localPart: 'sender', domain: 'else.test' },
    parameters: {},
    size,
    origin: { protocol: 'ESMTPSA', remoteAddress: '192.0.2.1', heloName: 'laptop.else.test', account: sender.id },
  })
  const answers: Admission[] = []
  for (const localPart of PEOPLE) {
    answers.push(await transaction.addRecipient({ localPart, domain: DOMAIN }, { notify: ['SUCCESS'] }))
  }
  await transaction.addRecipient(ELSEWHERE)
  await transaction.addRecipient(GROUP)
  const reception = transaction.receive(() => store.stores.blobs.stage())
  const header = `Subject: ${subject}\r\nMessage-ID: <${subject}@else.test>\r\nReferences: <before@else.test>\r\n\r\n`
  for (const part of pieces(Buffer.concat([Buffer.from(header), body(size)]))) await reception.write(part)
  const { outcomes } = await reception.accept()
  const failed = outcomes.find(({ failure }) => failure !== undefined)
  if (failed !== undefined) throw new Error(`${failed.address}: ${failed.failure?.code ?? ''}`)
  return answers
}

export interface Verdict {
  /** What is wrong, in words. */
  readonly problems: readonly string[]
  /** The letters that are there. */
  readonly kept: ReadonlySet<string>
}

/**
 * Starts the store on what a crash left and looks at everything: the database's own consistency, that nothing is
 * still staged, and that each letter is whole in every INBOX with room and in the queue, or nowhere.
 */
export async function inspect(dir: string, { full, letters }: Scene): Promise<Verdict> {
  const problems: string[] = []
  const kept = new Set<string>()
  const store = await openIn(dir)
  try {
    const { problems: broken, staged } = checkConsistency(databaseIn(dir))
    problems.push(...broken)
    if (staged > 0) problems.push(`${staged} blobs are staged after the start`)
    const boxes = await Promise.all((await store.directory.listAccounts()).map(({ id }) => readInbox(store.stores.for(id))))
    const waiting = await Promise.all(LEAVING.map((recipient) => readQueue(store, recipient)))
    const expected = (index: number): boolean => index !== full
    for (const { subject, size } of [{ subject: 'before', size: 100 }, ...letters]) {
      const copies = boxes.map((box) => box.filter((octets) => octets.includes(`Subject: ${subject}\r\n`)))
      const queued = waiting.map((box) => box.filter((octets) => octets.includes(`Subject: ${subject}\r\n`)))
      const there = [...copies.filter((_, index) => subject === 'before' || expected(index)), ...queued].map((found) => found.length)
      if (there.every((count) => count === 1)) kept.add(subject)
      else if (subject === 'before' || there.some((count) => count !== 0)) problems.push(`${subject} is there ${there.join(', ')} times`)
      if (subject !== 'before' && (copies[full]?.length ?? 0) > 0) problems.push(`${subject} is in the INBOX that is full`)
      if ([...copies.flat(), ...queued.flat()].some((octets) => !octets.subarray(-size).equals(body(size))))
        problems.push(`${subject} has other octets`)
    }
    problems.push(...(await misreported(store, kept, full)))
  } finally {
    await store.close()
  }
  return { problems, kept }
}

/** A report is owed of each letter that is there, once, and of no other: RFC 3461 section 5.2.3, from the commit of the delivery on. */
async function misreported({ queue }: SqliteStore, kept: ReadonlySet<string>, full: number): Promise<string[]> {
  const owed = await queue.owed(10_000)
  const told = await Promise.all(
    owed.map(async ({ queueId, reports }) => {
      const start = Buffer.from(await queue.read(queueId, 0, 4096)).toString('latin1')
      return `${/^Subject: (.*)\r$/m.exec(start)?.[1] ?? 'no letter'} ${reports.map(({ action, recipient }) => `${action} ${recipient}`).join(', ')}`
    }),
  )
  // Nobody had too much before the letters.
  const expected = [...kept].map((subject) => {
    const there = PEOPLE.filter((_, index) => subject === 'before' || index !== full)
    return `${subject} ${there.map((localPart) => `delivered ${localPart}@${DOMAIN}`).join(', ')}`
  })
  const wrong = [...told, ...expected].filter((each) => !told.includes(each) || !expected.includes(each))
  return [...new Set(wrong)]
    .map((each) => `owed or not: ${each}`)
    .concat(told.length === expected.length ? [] : [`${told.length} reports for ${expected.length} letters`])
}

async function readInbox(store: MailStore): Promise<Buffer[]> {
  const { id } = await store.openMailbox('INBOX')
  const messages: Buffer[] = []
  for await (const { uids } of store.listMessages(id)) {
    for (const row of await store.fetch(id, Array.from(uids) as never, {})) messages.push(await octetsOf(store, row))
  }
  return messages
}

/** What waits to leave for a recipient. */
async function readQueue({ queue }: SqliteStore, recipient: string): Promise<Buffer[]> {
  const listed = await queue.list({ recipient }, undefined, 1000)
  return Promise.all(listed.map((entry) => octetsQueued(queue, entry)))
}

async function octetsQueued(queue: SqliteStore['queue'], { queueId, size }: QueueListing): Promise<Buffer> {
  const parts: Uint8Array[] = []
  for (let at = 0; at < size;) {
    const part = await queue.read(queueId, at, size - at)
    parts.push(part)
    at += part.length
  }
  return Buffer.concat(parts)
}

/** Exactly `size` octets, the same for the same size. */
function body(size: number): Buffer {
  const line = 'All of it or nothing. '.repeat(3) + '\r\n'
  return Buffer.alloc(size, line)
}

function* pieces(octets: Buffer): Iterable<Uint8Array> {
  const piece = 50_000
  for (let at = 0; at < octets.length; at += piece) yield Buffer.from(octets.subarray(at, at + piece))
}
