import type { AccountChange, AccountId, Change, MailboxId, Unwatch } from '@mailstead/store'
import type { Logger } from '@mailstead/base'
import type { Report, WireChange } from '../rpc.ts'

/** Who is told of changes. A listener that throws harms nobody but the log. */
export class Watchers {
  readonly #log: Logger
  readonly #mailboxes = new Map<number, Set<(change: WireChange) => void>>()
  readonly #owners = new Map<number, Set<(change: Change) => void>>()
  readonly #accounts = new Map<number, Set<(change: AccountChange) => void>>()
  readonly #everyone = new Set<(change: AccountChange) => void>()
  readonly #queue = new Set<(change: undefined) => void>()

  constructor(log: Logger) {
    this.#log = log
  }

  mailbox(id: MailboxId, actor: AccountId, listener: (change: Change) => void): Unwatch {
    return add(this.#mailboxes, id, (change: WireChange) => listener(asToldTo(actor, change)))
  }

  mailboxesOf(owner: AccountId, listener: (change: Change) => void): Unwatch {
    return add(this.#owners, owner, listener)
  }

  account(id: AccountId, listener: (change: AccountChange) => void): Unwatch {
    return add(this.#accounts, id, listener)
  }

  accounts(listener: (change: AccountChange) => void): Unwatch {
    const own = (change: AccountChange): void => listener(change)
    this.#everyone.add(own)
    return () => void this.#everyone.delete(own)
  }

  queue(listener: () => void): Unwatch {
    const own = (): void => listener()
    this.#queue.add(own)
    return () => void this.#queue.delete(own)
  }

  publish({ changes, accountChanges, queue }: Report): void {
    for (const change of changes) {
      this.#tell(this.#mailboxes.get(change.mailbox), change)
      this.#tell(this.#owners.get(change.account), change)
    }
    for (const change of accountChanges) {
      this.#tell(this.#accounts.get(change.account), change)
      this.#tell(this.#everyone, change)
    }
    if (queue === true) this.queueChanged()
  }

  /** Or it may have: something comes due, or is owed. */
  queueChanged(): void {
    this.#tell(this.#queue, undefined)
  }

  #tell<T>(listeners: ReadonlySet<(change: T) => void> | undefined, change: T): void {
    if (listeners === undefined) return
    for (const listener of Array.from(listeners)) {
      try {
        listener(change)
      } catch (error) {
        this.#log.error('watcher failed', { error: error instanceof Error ? error.stack : String(error) })
      }
    }
  }
}

/** Whose \Seen is his own is told of it by his own acts alone. */
function asToldTo(actor: AccountId, change: WireChange): Change {
  const { readers } = change
  if (readers === undefined || actor === change.account || (change.kind !== 'added' && change.kind !== 'flags')) return change
  return readers.account === actor && readers.batch !== undefined ? { ...change, batch: readers.batch } : { ...change, keepsSeen: true }
}

function add<T>(map: Map<number, Set<(change: T) => void>>, id: number, listener: (change: T) => void): Unwatch {
  const own = (change: T): void => listener(change)
  const listeners = map.get(id) ?? new Set()
  map.set(id, listeners.add(own))
  return () => {
    listeners.delete(own)
    if (listeners.size === 0 && map.get(id) === listeners) map.delete(id)
  }
}
