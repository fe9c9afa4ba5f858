import { mayDo, type AccountId, type Change, type Mailbox, type MailboxId, type ModSeq } from '@mailstead/store'
import { filteredAs, type FilteredMailbox } from '../mailbox-filter.ts'
import type { OwnActs } from '../session.ts'
import { EXPUNGE, eventsOf, FLAGS, NEW, OF_MESSAGES, type EventGroup } from './events.ts'

interface Watched {
  readonly events: number
  /** Up to here its changes are noted. */
  modSeq: ModSeq
}

/** A change that may turn out to be the client's own. */
interface Act {
  readonly mailbox: MailboxId
  readonly events: number
  /** The first message that came. */
  readonly uid: number | undefined
}

/** Acts that are kept apart while a command runs. */
const MAX_ACTS = 100

const EVENT_OF = { added: NEW, expunged: EXPUNGE, flags: FLAGS, deleted: 0, rights: 0 } as const satisfies Record<Change['kind'], number>

/** Which mailboxes a client wants to hear of, and what has happened to them since it was told last. Asks nobody: it is given rows and hints. */
export class WatchedMailboxes {
  /** Its own view tells of it. */
  selected: MailboxId | undefined
  /** A mailbox has changed that was not among the last rows. */
  sawUnknown = false
  readonly #groups: readonly EventGroup[]
  readonly #account: AccountId
  #watched: Map<MailboxId, Watched> | undefined
  #acts: Act[] = []
  readonly #changed = new Map<MailboxId, number>()

  constructor(groups: readonly EventGroup[], account: AccountId) {
    this.#groups = groups
    this.#account = account
  }

  get size(): number {
    return this.#watched?.size ?? 0
  }

  /** What is to be told of the mailbox. */
  eventsOf(mailbox: MailboxId): number {
    return this.#watched?.get(mailbox)?.events ?? 0
  }

  filtered(mailbox: Mailbox): FilteredMailbox {
    return filteredAs(mailbox, this.#account)
  }

  /** All mailboxes there are, read just now. `compare`: what the rows show and no hint told has happened too. */
  refresh(mailboxes: readonly Mailbox[], compare: boolean): void {
    const before = this.#watched
    this.#watched = new Map()
    for (const mailbox of mailboxes) {
      const { id, highestModSeq, messages, rights } = mailbox
      // RFC 5465 section 5.
      const events = mayDo(rights, 'read') ? eventsOf(this.#groups, this.filtered(mailbox)) & OF_MESSAGES : 0
      if (events === 0) continue
      const known = before?.get(id)
      const came = before !== undefined && known === undefined
      // RFC 5465 section 5.1: a new UIDVALIDITY has to be told to who asked for changes of flags.
      if (came ? messages > 0 || (events & FLAGS) !== 0 : compare && known !== undefined && highestModSeq > known.modSeq) {
        this.#note(id, events)
      }
      this.#watched.set(id, { events, modSeq: Math.max(highestModSeq, known?.modSeq ?? 0) as ModSeq })
    }
  }

  /** Whether it is news. */
  take({ kind, mailbox, previous, modSeq, ...change }: Change): boolean {
    const watched = this.#watched?.get(mailbox)
    if (watched === undefined) {
      this.sawUnknown = true
      return false
    }
    if (modSeq <= watched.modSeq) return false
    // A gap: other hints were lost.
    const events = (previous === watched.modSeq ? EVENT_OF[kind] : OF_MESSAGES) & watched.events
    watched.modSeq = modSeq
    if (mailbox === this.selected || events === 0 || kind === 'deleted') return false
    this.#acts.push({ mailbox, events, uid: 'batch' in change ? change.batch.uids[0] : undefined })
    if (this.#acts.length > MAX_ACTS) this.#settle()
    return true
  }

  /** RFC 5465 section 5: what the client does itself it is not told. */
  forgetOwn({ mailbox, uids }: NonNullable<OwnActs['made']>): void {
    const own = new Set<number>(uids)
    this.#acts = this.#acts.filter((act) => act.mailbox !== mailbox || act.events !== NEW || act.uid === undefined || !own.has(act.uid))
  }

  /** The mailboxes that there is something to tell of, and what; each once. */
  takeChanged(): readonly (readonly [MailboxId, number])[] {
    this.#settle()
    const changed = [...this.#changed].filter(([mailbox]) => mailbox !== this.selected)
    this.#changed.clear()
    return changed
  }

  /** Could not be told. */
  putBack(changed: readonly (readonly [MailboxId, number])[]): void {
    for (const [mailbox, events] of changed) this.#note(mailbox, events)
  }

  #settle(): void {
    for (const { mailbox, events } of this.#acts.splice(0)) this.#note(mailbox, events)
  }

  #note(mailbox: MailboxId, events: number): void {
    this.#changed.set(mailbox, (this.#changed.get(mailbox) ?? 0) | events)
  }
}
