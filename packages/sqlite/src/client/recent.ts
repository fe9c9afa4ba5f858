import type { MailboxId, Uid } from '@mailstead/store'

/**
 * Who has claimed \Recent, ahead of what is written: a claim holds at once and goes to disk with the next commit.
 * After a crash the messages of a lost claim are recent once more, which RFC 3501 section 2.3.2 allows.
 */
export class RecentMarks {
  readonly #claimed = new Map<MailboxId, number>()
  readonly #write: (mailbox: MailboxId, uid: number) => void

  constructor(write: (mailbox: MailboxId, uid: number) => void) {
    this.#write = write
  }

  /** The first recent UID for this session. `claimUpTo`: later sessions begin there. */
  first(mailbox: MailboxId, written: number, claimUpTo: number | undefined): Uid {
    const first = Math.max(written, this.#claimed.get(mailbox) ?? 0)
    if (claimUpTo !== undefined && claimUpTo > first) {
      this.#claimed.set(mailbox, claimUpTo)
      this.#write(mailbox, claimUpTo)
    }
    return first as Uid
  }

  forget(mailbox: MailboxId): void {
    this.#claimed.delete(mailbox)
  }
}
