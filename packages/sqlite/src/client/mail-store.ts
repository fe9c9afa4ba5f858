import { StoreError } from '@mailstead/store'
import type {
  AccountChange,
  AccountId,
  AppendedUids,
  Blobs,
  Change,
  ChangeBatch,
  CopiedUids,
  FetchWants,
  KeyBatch,
  KeyName,
} from '@mailstead/store'
import type {
  FlagChange,
  FlagResult,
  Mailbox,
  MailboxId,
  MaildropBatch,
  MailStore,
  MessageBatch,
  MessageRow,
  ModSeq,
} from '@mailstead/store'
import type { AclEntry, Metadata, MetadataChange, MetadataSize, NewMessage, Purpose } from '@mailstead/store'
import type { QuotaUse, RightsChange, SeenMode, SpecialUse, Subject, TextFilter, TextMatches, Uid, Unwatch } from '@mailstead/store'
import { RENDERER_VERSION, type TextNeedle } from '@mailstead/mime'
import { CANDIDATE_ROWS, FETCH_ROWS, LIST_ROWS, SEARCH_ROWS } from '../limits.ts'
import { outdatedIn, unpackRows, type PackedRows } from '../packed-rows.ts'
import { free } from '../transfer.ts'
import { ANYONE } from '../rights.ts'
import type { ChangeWindow } from '../reader/messages.ts'
import type { WireCopied, WireMessage } from '../writer/messages.ts'
import type { FoundKeys } from '../reader/keys.ts'
import { asStaged } from './blobs.ts'
import { joinBatches } from './join-batches.ts'
import type { Parts } from './parts.ts'

/** One account's mailboxes: turns each method into one message to a thread. */
export class SqliteMailStore implements MailStore {
  readonly actor: AccountId
  readonly #parts: Parts

  constructor(actor: AccountId, parts: Parts) {
    this.actor = actor
    this.#parts = parts
  }

  get blobs(): Blobs {
    return this.#parts.blobs
  }

  listMailboxes(): Promise<readonly Mailbox[]> {
    return this.#parts.mailboxes.list(this.actor)
  }

  listSubscriptions(): Promise<readonly string[]> {
    return this.#parts.mailboxes.subscriptions(this.actor)
  }

  openMailbox(name: string, purpose: Purpose = 'see'): Promise<Mailbox> {
    return this.#parts.mailboxes.named(this.actor, name, purpose)
  }

  mailboxById(id: MailboxId, purpose: Purpose = 'read'): Promise<Mailbox> {
    return this.#parts.mailboxes.byId(this.actor, id, purpose)
  }

  async createMailbox(name: string, options: { readonly specialUse?: SpecialUse } = {}): Promise<Mailbox> {
    await this.#parts.writer.call('createMailbox', this.actor, name, options.specialUse)
    // Who may make mailboxes in another's tree may not be allowed to see them.
    return this.openMailbox(name, 'askRights')
  }

  async deleteMailbox(name: string): Promise<void> {
    await this.#parts.writer.call('deleteMailbox', this.actor, name)
    this.#parts.cleaner.wake()
  }

  renameMailbox(from: string, to: string): Promise<void> {
    return this.#parts.writer.call('renameMailbox', this.actor, from, to)
  }

  subscribe(name: string): Promise<void> {
    return this.#parts.writer.call('subscribe', this.actor, name)
  }

  unsubscribe(name: string): Promise<void> {
    return this.#parts.writer.call('unsubscribe', this.actor, name)
  }

  listMessages(mailbox: MailboxId, after = 0 as Uid): AsyncIterable<MessageBatch> {
    return batches(after, (from) => this.#parts.readers.call('listMessages', this.actor, mailbox, from))
  }

  listMaildrop(mailbox: MailboxId): AsyncIterable<MaildropBatch> {
    return batches(0, (from) => this.#parts.readers.call('listMaildrop', this.actor, mailbox, from))
  }

  async changesSince(mailbox: MailboxId, modSeq: ModSeq): Promise<ChangeBatch> {
    const { readers } = this.#parts
    // The head first: what is committed while the windows are read has a modseq above its `highestModSeq` and is told again.
    const head = await readers.call('changesHead', this.actor, mailbox, modSeq)
    const batches: MessageBatch[] = []
    let names: readonly string[] = []
    for (let from: number | undefined = 1; from !== undefined;) {
      const window: ChangeWindow = await readers.call('changesWindow', this.actor, mailbox, modSeq, from)
      batches.push(window.changed)
      names = window.keywordNames
      from = window.next
    }
    return { ...head, keywordNames: names, changed: joinBatches(batches) }
  }

  async fetch(mailbox: MailboxId, uids: readonly Uid[], wants: FetchWants): Promise<readonly MessageRow[]> {
    const sorted = Uint32Array.from(new Set(uids)).sort()
    if (sorted.length <= FETCH_ROWS) return this.#fetch(mailbox, sorted, wants)
    const rows: MessageRow[] = []
    for (let at = 0; at < sorted.length; at += FETCH_ROWS) {
      rows.push(...(await this.#fetch(mailbox, sorted.slice(at, at + FETCH_ROWS), wants)))
      if (rows.reduce((sum, { body }) => sum + (body?.length ?? 0), 0) >= (wants.enough ?? Infinity)) break
    }
    return rows
  }

  release(rows: readonly MessageRow[]): void {
    for (const { prefix, body } of rows) {
      free(prefix)
      if (body !== undefined) free(body)
    }
  }

  async searchCandidates(mailbox: MailboxId, uids: readonly Uid[], filter: TextFilter): Promise<readonly Uid[]> {
    const found: Uid[] = []
    for (let at = 0; at < uids.length; at += CANDIDATE_ROWS) {
      const asked = Uint32Array.from(uids.slice(at, at + CANDIDATE_ROWS))
      for (const uid of await this.#parts.search.call('searchCandidates', this.actor, mailbox, asked, filter)) found.push(uid as Uid)
    }
    return found
  }

  searchTexts(mailbox: MailboxId, uids: readonly Uid[], needles: readonly TextNeedle[]): Promise<TextMatches> {
    return this.#parts.search.call('searchTexts', this.actor, mailbox, Uint32Array.from(uids.slice(0, SEARCH_ROWS)), needles)
  }

  async keys(mailbox: MailboxId, uids: Uint32Array, name: KeyName): Promise<KeyBatch> {
    const read = (): Promise<FoundKeys> => this.#parts.readers.call('keys', this.actor, mailbox, uids, name, RENDERER_VERSION)
    const found = await read()
    if (found.outdated.length === 0) return found
    await this.#parts.rerenderer.renew(found.outdated)
    return read()
  }

  async append(mailbox: MailboxId, messages: readonly NewMessage[]): Promise<AppendedUids> {
    const list = messages.map(asWire)
    const transfer = list.map(({ blob }) => blob.pack.buffer)
    const octets = list.reduce((sum, { blob }) => sum + blob.pack.length, 0)
    const appended = await this.#parts.writer.callWith({ transfer, octets }, 'append', this.actor, mailbox, list)
    for (const { blob } of messages) asStaged(blob).used()
    return appended
  }

  async replace(source: MailboxId, uid: Uid, target: MailboxId, message: NewMessage): Promise<AppendedUids> {
    const wire = asWire(message)
    const { pack } = wire.blob
    const options = { transfer: [pack.buffer], octets: pack.length }
    const appended = await this.#parts.writer.callWith(options, 'replace', this.actor, source, uid, target, wire)
    asStaged(message.blob).used()
    return appended
  }

  changeFlags(mailbox: MailboxId, uids: readonly Uid[], change: FlagChange): Promise<FlagResult> {
    return this.#parts.writer.call('changeFlags', this.actor, mailbox, Uint32Array.from(uids), change)
  }

  async copy(source: MailboxId, uids: readonly Uid[], target: MailboxId): Promise<CopiedUids> {
    return copiedUids(await this.#parts.writer.call('copy', this.actor, source, Uint32Array.from(uids), target))
  }

  async move(source: MailboxId, uids: readonly Uid[], target: MailboxId): Promise<CopiedUids> {
    return copiedUids(await this.#parts.writer.call('move', this.actor, source, Uint32Array.from(uids), target))
  }

  async expunge(
    mailbox: MailboxId,
    options: { readonly uids?: readonly Uid[]; readonly anyFlags?: boolean } = {},
  ): Promise<readonly Uid[]> {
    const uids = options.uids === undefined ? undefined : Uint32Array.from(options.uids)
    return asUids(await this.#parts.writer.call('expunge', this.actor, mailbox, uids, options.anyFlags === true))
  }

  async recent(mailbox: MailboxId, claim: boolean): Promise<Uid> {
    const { owner, uidNext, firstRecent } = await this.#parts.mailboxes.recent(this.actor, mailbox)
    return this.#parts.recent.first(mailbox, firstRecent, claim && owner === this.actor ? uidNext : undefined)
  }

  urlKey(mailbox: MailboxId): Promise<Uint8Array | undefined> {
    return this.#parts.readers.call('urlKey', this.actor, mailbox)
  }

  async makeUrlKey(mailbox: MailboxId, renew: boolean): Promise<Uint8Array> {
    await this.#parts.writer.call('makeUrlKey', this.actor, mailbox, renew)
    const key = await this.urlKey(mailbox)
    if (key === undefined) throw new StoreError('unavailable', 'The key was dropped as soon as it was made')
    return key
  }

  dropUrlKeys(): Promise<void> {
    return this.#parts.writer.call('dropUrlKeys', this.actor)
  }

  listMetadata(mailbox: MailboxId | undefined): Promise<readonly MetadataSize[]> {
    return this.#parts.readers.call('listMetadata', this.actor, mailbox)
  }

  metadata(mailbox: MailboxId | undefined, names: readonly string[]): Promise<readonly Metadata[]> {
    return this.#parts.readers.call('metadata', this.actor, mailbox, names)
  }

  setMetadata(mailbox: MailboxId | undefined, changes: readonly MetadataChange[]): Promise<void> {
    // A view of a larger buffer would cross the threads with all of it.
    const copies = changes.map(({ name, value }) => ({ name, value: value === undefined ? undefined : Uint8Array.from(value) }))
    return this.#parts.writer.call('setMetadata', this.actor, mailbox, copies)
  }

  acl(mailbox: MailboxId): Promise<readonly AclEntry[]> {
    return this.#parts.readers.call('acl', this.actor, mailbox)
  }

  setRights(mailbox: MailboxId, subject: Subject, change: RightsChange): Promise<void> {
    return this.#parts.writer.call('setRights', this.actor, mailbox, subject === 'anyone' ? ANYONE : subject, change)
  }

  setSeenMode(mailbox: MailboxId, mode: SeenMode): Promise<void> {
    return this.#parts.writer.call('setSeenMode', this.actor, mailbox, mode)
  }

  quota(mailbox?: MailboxId, purpose: Purpose = 'read'): Promise<QuotaUse> {
    return this.#parts.mailboxes.quota(this.actor, mailbox, purpose)
  }

  watch(mailbox: MailboxId, listener: (change: Change) => void): Unwatch {
    return this.#parts.watchers.mailbox(mailbox, this.actor, listener)
  }

  watchMailboxes(listener: (change: Change) => void): Unwatch {
    return this.#parts.watchers.mailboxesOf(this.actor, listener)
  }

  watchAccount(listener: (change: AccountChange) => void): Unwatch {
    return this.#parts.watchers.account(this.actor, listener)
  }

  async #fetch(mailbox: MailboxId, uids: Uint32Array, wants: FetchWants): Promise<MessageRow[]> {
    if (uids.length === 0) return []
    const read = (): Promise<PackedRows> => this.#parts.readers.call('fetch', this.actor, mailbox, uids, wants)
    const rows = await read()
    const outdated = outdatedIn(rows, RENDERER_VERSION)
    if (outdated.length === 0) return unpackRows(rows)
    await this.#parts.rerenderer.renew(outdated)
    return unpackRows(await read())
  }
}

/** Batches until one is not full. The next is read while the caller works on this one; if he stops, nobody misses it. */
async function* batches<Batch extends { readonly uids: Uint32Array }>(
  after: number,
  read: (after: number) => Promise<Batch>,
): AsyncGenerator<Batch> {
  let batch = await read(after)
  for (;;) {
    const last = batch.uids.at(-1)
    const next = last === undefined || batch.uids.length < LIST_ROWS ? undefined : read(last)
    next?.catch(() => {})
    if (batch.uids.length > 0) yield batch
    if (next === undefined) return
    batch = await next
  }
}

function asWire({ blob, flags, internalDate, sent }: NewMessage): WireMessage {
  const { at: internalAt, zone: internalZone } = internalDate
  return { blob: asStaged(blob).wire(), flags, internalAt, internalZone, ...(sent === undefined ? {} : { sent }) }
}

function copiedUids({ mailbox, uidValidity, from, firstTo }: WireCopied): CopiedUids {
  return { mailbox, uidValidity, from: asUids(from), to: asUids(from.map((_, index) => firstTo + index)) }
}

function asUids(uids: Uint32Array): readonly Uid[] {
  return Array.from(uids) as Uid[]
}
