import { NO_FLAGS, SEEN, StoreError, type AppendedUids, type MailboxId, type Uid } from '@mailstead/store'
import { SENT_KNOWN_MS } from '../limits.ts'
import type { Sql } from '../sql.ts'
import type { WireBlob } from '../wire-blob.ts'
import type { Access } from './access.ts'
import type { Act } from './act.ts'
import type { BlobTable } from './blobs.ts'
import type { Counters, MailboxRow } from './counters.ts'
import type { EmailTable } from './emails.ts'
import type { FlagTable } from './flags.ts'
import { idHash } from './id-hash.ts'
import type { MailboxTable } from './mailboxes.ts'
import type { MessageTable, WireMessage } from './messages.ts'

interface Copy {
  readonly mailbox: number
  readonly uid: number
  readonly byServer: 0 | 1
}

/** The server's copy of a message that its account has sent. */
export interface WireSentCopy {
  readonly account: number
  readonly prefix: Uint8Array
}

/** What of sent mail the server and clients put into a mailbox: once, whoever comes first. */
export class SentMail {
  readonly #access: Access
  readonly #counters: Counters
  readonly #blobs: BlobTable
  readonly #emails: EmailTable
  readonly #messages: MessageTable
  readonly #flags: FlagTable
  readonly #mailboxes: MailboxTable
  readonly #find
  readonly #note
  readonly #forget

  constructor(
    sql: Sql,
    access: Access,
    counters: Counters,
    blobs: BlobTable,
    emails: EmailTable,
    messages: MessageTable,
    flags: FlagTable,
    mailboxes: MailboxTable,
  ) {
    this.#access = access
    this.#counters = counters
    this.#blobs = blobs
    this.#emails = emails
    this.#messages = messages
    this.#flags = flags
    this.#mailboxes = mailboxes
    this.#find = sql.get<Copy>(
      `SELECT c.mailbox_id AS mailbox, c.uid, c.by_server AS byServer FROM sent_copy AS c JOIN message AS m ON m.mailbox_id = c.mailbox_id AND m.uid = c.uid
       WHERE c.account_id = ? AND c.msgid_hash = ? AND c.saved_at > ?`,
    )
    this.#note = sql.run(
      'INSERT OR REPLACE INTO sent_copy (account_id, msgid_hash, mailbox_id, uid, saved_at, by_server) VALUES (?, ?, ?, ?, ?, ?)',
    )
    this.#forget = sql.run('DELETE FROM sent_copy WHERE saved_at <= ?')
  }

  /** Whether a message is to be put into the sender's mailbox: not if it came there of late. */
  wants({ account }: WireSentCopy, { messageId }: WireBlob, now: number): boolean {
    return this.#counters.exists(account) && (messageId === undefined || this.#known(account, messageId, now) === undefined)
  }

  /** Puts it there; its reference was counted by `BlobTable.keep`. `undefined`: there is no mailbox for it, and none can be made. */
  save(
    act: Act,
    { account, prefix }: WireSentCopy,
    blob: number,
    wire: WireBlob,
    internalAt: number,
    internalZone: number,
  ): { name: string; uid: Uid } | undefined {
    const mailbox = this.#mailbox(act, account)
    if (mailbox === undefined) return undefined
    const email = this.#emails.insert(account, blob, wire, prefix)
    const flags = { ...NO_FLAGS, system: SEEN }
    const [uid] = this.#messages.insert(act, mailbox, [{ email, size: prefix.length + wire.size, flags, internalAt, internalZone }], 'drop')
    this.#remember(account, wire, mailbox.id, uid as number, act.now, 1)
    return { name: mailbox.name, uid: uid as Uid }
  }

  /** As `MessageTable.append`, but what the server has saved of `sent` messages takes their flags and stands for them. */
  append(act: Act, actor: number, mailboxId: number, list: readonly WireMessage[]): AppendedUids {
    const mailbox = this.#access.mailbox(actor, mailboxId, 'insert')
    const isOwn = mailbox.account === actor
    const taken = new Set<number>()
    const saved = list.map(({ sent, blob }): number | undefined => {
      const copy = isOwn && sent === true && blob.messageId !== undefined ? this.#known(actor, blob.messageId, act.now) : undefined
      if (copy?.byServer !== 1 || copy.mailbox !== mailboxId || taken.has(copy.uid)) return undefined
      taken.add(copy.uid)
      return copy.uid
    })
    const fresh = list.filter((_, index) => saved[index] === undefined)
    const uids = fresh.length === 0 ? [] : this.#messages.append(act, actor, mailboxId, fresh).uids
    for (const [index, { sent, blob, internalAt }] of fresh.entries()) {
      // Mail that is brought from elsewhere was sent long ago.
      if (isOwn && sent === true && Math.abs(internalAt - act.now) < SENT_KNOWN_MS)
        this.#remember(actor, blob, mailboxId, uids[index] as number, act.now, 0)
    }
    for (const [index, { flags, blob }] of list.entries()) {
      const uid = saved[index]
      if (uid === undefined) continue
      if (blob.id !== undefined) this.#blobs.discard(blob.id)
      if (flags.system !== 0 || flags.keywords.length > 0)
        this.#flags.change(act, actor, mailboxId, Uint32Array.of(uid), { mode: 'add', flags })
    }
    const next = uids[Symbol.iterator]()
    return {
      mailbox: mailbox.id as MailboxId,
      uidValidity: mailbox.uidValidity,
      uids: saved.map((uid) => (uid ?? next.next().value) as Uid),
    }
  }

  #known(account: number, messageId: string, now: number): Copy | undefined {
    return this.#find(account, idHash(messageId), now - SENT_KNOWN_MS)
  }

  /** What is older is of no use any more. */
  #remember(account: number, { messageId }: WireBlob, mailbox: number, uid: number, now: number, byServer: 0 | 1): void {
    this.#forget(now - SENT_KNOWN_MS)
    if (messageId !== undefined) this.#note(account, idHash(messageId), mailbox, uid, now, byServer)
  }

  /** The one for sent mail; one by its usual name; or a new one. */
  #mailbox(act: Act, account: number): MailboxRow | undefined {
    const there = this.#counters.mailboxOfUse(account, '\\Sent') ?? this.#counters.mailboxNamed(account, 'Sent')
    if (there !== undefined) return there
    try {
      this.#mailboxes.create(act, account, 'Sent', '\\Sent')
    } catch (error) {
      if (error instanceof StoreError) return undefined
      throw error
    }
    return this.#counters.mailboxNamed(account, 'Sent')
  }
}
