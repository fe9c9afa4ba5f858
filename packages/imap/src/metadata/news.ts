import { isPrivate, StoreError, type AccountChange, type Mailbox, type MailboxId } from '@mailstead/store'
import type { MailStore, MailStores, Unwatch } from '@mailstead/store'
import type { Responder } from '../responses.ts'
import { printName } from './print.ts'

type Target = MailboxId | undefined

/** Whether a client wants to hear of a mailbox's annotations, or, without a mailbox, of the server's. */
export type WantsMetadata = (mailbox: Mailbox | undefined) => boolean

/** Names that wait to be told, over all mailboxes; the oldest are forgotten beyond. */
const MAX_PENDING = 1000

/** What others did to annotations, for a client that has enabled it or asked for some by NOTIFY: names without values (RFC 5464 section 4.4.2). */
export class MetadataNews {
  readonly #store: MailStore
  readonly #stores: Pick<MailStores, 'watchAccounts'>
  readonly #pending = new Map<string, { readonly mailbox: Target; readonly name: string }>()
  #enabled = false
  #wants: WantsMetadata | undefined
  #unwatch: Unwatch | undefined
  #listener: (() => void) | undefined
  /** What this session is setting just now. */
  #own: { readonly mailbox: Target; readonly names: ReadonlySet<string> } | undefined

  constructor(store: MailStore, stores: Pick<MailStores, 'watchAccounts'>) {
    this.#store = store
    this.#stores = stores
  }

  enable(): void {
    this.#enabled = true
    this.#watch()
  }

  /** Of these the client hears whether it has enabled the others or not (RFC 5465 sections 5.6 and 5.7); `undefined`: of none. */
  want(wants: WantsMetadata | undefined): void {
    this.#wants = wants
    this.#watch()
  }

  /** Calls `listener` when there is something to tell. */
  onChange(listener: () => void): void {
    this.#listener = listener
  }

  /** The session is over. */
  close(): void {
    this.#unwatch?.()
    this.#unwatch = undefined
    this.#pending.clear()
  }

  /** `act` sets `names`: the client that asked for it is not told. */
  async during(mailbox: Target, names: readonly string[], act: () => Promise<void>): Promise<void> {
    this.#own = { mailbox, names: new Set(names.map((name) => name.toLowerCase())) }
    try {
      await act()
    } finally {
      this.#own = undefined
    }
  }

  /** There is something to tell. */
  get waiting(): boolean {
    return this.#pending.size > 0
  }

  async tell(respond: Responder): Promise<void> {
    if (!this.waiting) return
    const pending = Map.groupBy(this.#pending.values(), ({ mailbox }) => mailbox)
    this.#pending.clear()
    for (const [mailbox, entries] of pending) {
      const called = await this.#wantedName(mailbox)
      if (called !== undefined)
        respond.untagged(`METADATA ${respond.mailbox(called)} ${entries.map(({ name }) => printName(name)).join(' ')}`)
    }
  }

  #watch(): void {
    // Whoever's it is, it may be shared with this account: that is looked at when it is told.
    if (this.#enabled || this.#wants !== undefined) this.#unwatch ??= this.#stores.watchAccounts((change) => this.#take(change))
    else this.close()
  }

  #take(change: AccountChange): void {
    if (change.kind !== 'metadata') return
    const { mailbox } = change
    const isForeign = change.account !== this.#store.actor
    const own = this.#own !== undefined && this.#own.mailbox === mailbox ? this.#own.names : undefined
    for (const name of change.names) {
      if (own?.has(name.toLowerCase()) === true || (isForeign && isPrivate(name))) continue
      const key = `${mailbox ?? ''} ${name.toLowerCase()}`
      this.#pending.delete(key)
      this.#pending.set(key, { mailbox, name })
    }
    for (const key of this.#pending.keys()) {
      if (this.#pending.size <= MAX_PENDING) break
      this.#pending.delete(key)
    }
    if (this.#pending.size > 0) this.#listener?.()
  }

  /** As it is called by now; `undefined` when it is gone, when it is not for this account to see, or when the client did not ask for it. */
  async #wantedName(target: Target): Promise<string | undefined> {
    try {
      const mailbox = target === undefined ? undefined : await this.#store.mailboxById(target, 'annotate')
      return this.#enabled || this.#wants?.(mailbox) === true ? (mailbox?.name ?? '') : undefined
    } catch (error) {
      if (error instanceof StoreError) return undefined
      throw error
    }
  }
}
