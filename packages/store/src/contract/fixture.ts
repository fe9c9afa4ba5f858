import assert from 'node:assert/strict'
import type { StagedBlob } from '../blobs.ts'
import type { Account } from '../directory.ts'
import { StoreError, type StoreErrorCode } from '../errors.ts'
import { keywordNames, NO_FLAGS, type Flags } from '../flags.ts'
import type { AccountId, MailboxId, Uid } from '../ids.ts'
import type { AcceptPlan, LocalDelivery } from '../intake.ts'
import type { Mailbox } from '../mailbox.ts'
import type { MailStore } from '../mail-store.ts'
import type { MessageRow, ZonedTime } from '../message.ts'
import type { Backend, StandingClock } from './backend.ts'

export const DOMAIN = 'example.org'
export const NOON: ZonedTime = { at: Date.UTC(2026, 0, 1, 12), zone: 60 }

/** What the groups of the suite work on: one backend for all, an account for each test. */
export interface Fixture {
  readonly backend: Backend
  readonly clock: StandingClock
}

export interface Person {
  readonly account: Account
  readonly store: MailStore
  readonly inbox: Mailbox
}

let people = 0

export async function newPerson({ backend }: Fixture, quota?: number): Promise<Person> {
  const [account] = await backend.directory.addAccounts([
    {
      localPart: `person${++people}`,
      domain: DOMAIN,
      quota,
      argon2: '$argon2id$test',
      mailboxes: [
        { name: 'Sent', specialUse: '\\Sent' },
        { name: 'Trash', specialUse: '\\Trash' },
      ],
    },
  ])
  assert.ok(account)
  const store = backend.stores.for(account.id)
  return { account, store, inbox: await store.openMailbox('INBOX') }
}

/** A message of about `size` octets, or with the header lines given. */
export function text(subject: string, lines: readonly string[] = [], body = 'Hello\r\n'): Buffer {
  return Buffer.from([`Subject: ${subject}`, ...lines, '', body].join('\r\n'))
}

export async function stage(backend: Backend, octets: Uint8Array, slice = 50_000): Promise<StagedBlob> {
  const writer = backend.stores.blobs.stage()
  for (let at = 0; at < octets.length; at += slice) await writer.write(octets.subarray(at, at + slice))
  return writer.finish()
}

/** Appends messages, one each, and returns their UIDs. */
export async function append(
  backend: Backend,
  store: MailStore,
  mailbox: MailboxId,
  messages: readonly { readonly octets?: Uint8Array; readonly flags?: Flags }[],
): Promise<readonly Uid[]> {
  const list = []
  for (const { octets = text('test'), flags = NO_FLAGS } of messages) {
    list.push({ blob: await stage(backend, octets), flags, internalDate: NOON })
  }
  return (await store.append(mailbox, list)).uids
}

export function flags(system: number, ...keywords: string[]): Flags {
  return { system, keywords }
}

/** A message as a list shows it. */
export interface Listed {
  readonly uid: number
  readonly modSeq: number
  readonly system: number
  readonly keywords: readonly string[]
}

export async function list(store: MailStore, mailbox: MailboxId, after?: Uid): Promise<Listed[]> {
  const { keywords: names } = await store.mailboxById(mailbox)
  const listed: Listed[] = []
  for await (const batch of store.listMessages(mailbox, after)) {
    for (let i = 0; i < batch.uids.length; i++) {
      listed.push({
        uid: batch.uids[i] as number,
        modSeq: batch.modSeqs[i] as number,
        system: batch.system[i] as number,
        keywords: keywordNames(names, batch.keywords, i),
      })
    }
  }
  return listed
}

export async function fetchOne(store: MailStore, mailbox: MailboxId, uid: Uid): Promise<MessageRow> {
  const [row] = await store.fetch(mailbox, [uid], {
    envelope: true,
    bodyStructure: true,
    headers: true,
    structure: true,
    bodyUpTo: 100_000,
  })
  assert.ok(row, `no row for UID ${uid}`)
  return row
}

/** The whole message: prefix and blob, read in pieces. */
export async function octetsOf(store: MailStore, row: MessageRow, piece = 100_000): Promise<Buffer> {
  const parts: Uint8Array[] = [row.prefix]
  for (let at = 0; at < row.blobSize; at += piece) parts.push(await store.blobs.read(row.blob, at, piece))
  return Buffer.concat(parts)
}

export async function rejectsWith(code: StoreErrorCode, promise: Promise<unknown>): Promise<void> {
  await assert.rejects(promise, (error) => {
    assert.ok(error instanceof StoreError, `not a StoreError: ${String(error)}`)
    assert.equal(error.code, code)
    return true
  })
}

export function delivery(account: AccountId, mailbox = 'INBOX', prefix = 'Return-Path: <x@example.net>\r\n'): LocalDelivery {
  return { recipients: [`someone@${DOMAIN}`], account, mailbox, prefix: Buffer.from(prefix), flags: NO_FLAGS }
}

export async function plan(backend: Backend, octets: Uint8Array, parts: Partial<AcceptPlan>): Promise<AcceptPlan> {
  return {
    queueId: backend.intake.mintQueueId(),
    blob: await stage(backend, octets),
    mailFrom: 'x@example.net',
    parameters: {},
    origin: { protocol: 'ESMTP', remoteAddress: '192.0.2.1', heloName: 'mx.example.net' },
    receivedAt: NOON,
    deliveries: [],
    queued: [],
    ...parts,
  }
}
