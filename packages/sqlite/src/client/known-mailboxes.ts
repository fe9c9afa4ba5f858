import { isShared, type AccountId, type Mailbox, type MailboxId, type QuotaUse } from '@mailstead/store'
import type { ReaderOps } from '../reader/ops.ts'
import type { ResultOf, WireChange } from '../rpc.ts'

type RecentRow = ResultOf<ReaderOps, 'recent'>

/** What is known of one account's own mailboxes, each kept once, by whichever way it was asked for. */
export class KnownMailboxes {
  readonly #mailboxes = new Map<MailboxId, Mailbox>()
  readonly #ids = new Map<string, MailboxId>()
  readonly #firstRecent = new Map<MailboxId, number>()
  #list: readonly MailboxId[] | undefined
  #subscriptions: readonly string[] | undefined
  #quota: QuotaUse | undefined

  /** What it counts for, in mailboxes. */
  get weight(): number {
    return 1 + this.#mailboxes.size + (this.#subscriptions?.length ?? 0)
  }

  byId(id: MailboxId): Mailbox | undefined {
    return this.#mailboxes.get(id)
  }

  /** `name` is canonical. */
  named(name: string): Mailbox | undefined {
    const id = this.#ids.get(name)
    return id === undefined ? undefined : this.#mailboxes.get(id)
  }

  recent(id: MailboxId): RecentRow | undefined {
    const mailbox = this.#mailboxes.get(id)
    const firstRecent = this.#firstRecent.get(id)
    return mailbox === undefined || firstRecent === undefined ? undefined : { owner: mailbox.owner, uidNext: mailbox.uidNext, firstRecent }
  }

  /** All of them, in the order of a list. */
  list(): readonly Mailbox[] | undefined {
    return this.#list?.map((id) => this.#mailboxes.get(id) as Mailbox)
  }

  get subscriptions(): readonly string[] | undefined {
    return this.#subscriptions
  }

  get quota(): QuotaUse | undefined {
    return this.#quota
  }

  take(mailbox: Mailbox): void {
    this.#mailboxes.set(mailbox.id, mailbox)
    this.#ids.set(mailbox.name, mailbox.id)
  }

  takeRecent(id: MailboxId, firstRecent: number): void {
    if (this.#mailboxes.has(id)) this.#firstRecent.set(id, firstRecent)
  }

  /** Nothing where others share something with `owner`. */
  takeList(owner: AccountId, mailboxes: readonly Mailbox[]): void {
    if (mailboxes.some((mailbox) => mailbox.owner !== owner)) return
    for (const mailbox of mailboxes) this.take(mailbox)
    this.#list = mailboxes.map(({ id }) => id)
  }

  takeSubscriptions(names: readonly string[]): void {
    if (!names.some((name) => isShared({ name }))) this.#subscriptions = names
  }

  takeQuota(quota: QuotaUse): void {
    this.#quota = quota
  }

  /** `use`: what the account holds then, where that is known. False when the change does not say all of what has changed. */
  follow({ mailbox: id, modSeq, counters, keywordNames }: WireChange, use: Pick<QuotaUse, 'octets' | 'messages'> | undefined): boolean {
    if (counters === undefined) return false
    this.#quota = use === undefined || this.#quota === undefined ? undefined : { ...this.#quota, ...use }
    const before = this.#mailboxes.get(id)
    // What was read may be ahead of what is reported.
    if (before !== undefined && before.highestModSeq < modSeq) {
      this.#mailboxes.set(id, { ...before, ...counters, ...(keywordNames === undefined ? {} : { keywords: keywordNames }) })
    }
    return true
  }
}
