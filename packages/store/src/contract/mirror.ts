import assert from 'node:assert/strict'
import type { Change, Unwatch } from '../changes.ts'
import { SEEN } from '../flags.ts'
import type { MailboxId, ModSeq } from '../ids.ts'
import type { MailStore } from '../mail-store.ts'
import type { MessageBatch } from '../message.ts'
import { list } from './fixture.ts'

interface Seen {
  readonly modSeq: number
  readonly system: number
}

/**
 * The smallest view of a mailbox that follows the rules of notifications: watch first, then list; apply a change
 * only when it joins on to what is known; on a gap ask `changesSince`.
 */
export class Mirror {
  readonly messages = new Map<number, Seen>()
  gaps = 0
  readonly #store: MailStore
  readonly #mailbox: MailboxId
  #known = 0 as ModSeq
  #pending: Change[] = []
  #stop: Unwatch = () => {}

  private constructor(store: MailStore, mailbox: MailboxId) {
    this.#store = store
    this.#mailbox = mailbox
  }

  static async open(store: MailStore, mailbox: MailboxId): Promise<Mirror> {
    const mirror = new Mirror(store, mailbox)
    mirror.#stop = store.watch(mailbox, (change) => mirror.#pending.push(change))
    // Before the list, so that what the list has beyond it is told again.
    mirror.#known = (await store.mailboxById(mailbox)).highestModSeq
    for await (const batch of store.listMessages(mailbox)) mirror.#load(batch)
    await mirror.#ask()
    return mirror
  }

  /** Applies what was told. */
  async catchUp(): Promise<void> {
    const told = this.#pending
    this.#pending = []
    for (const change of told) {
      if (change.modSeq <= this.#known) continue
      if (change.previous !== this.#known) {
        this.gaps++
        this.#pending = []
        await this.#ask()
        return
      }
      this.#apply(change)
      this.#known = change.modSeq
    }
  }

  /** Applies what was told, and asks once more: the last notification may have been lost. */
  async settle(): Promise<void> {
    await this.catchUp()
    await this.#ask()
  }

  async equals(store: MailStore, message: string): Promise<void> {
    const wanted = (await list(store, this.#mailbox)).map(({ uid, modSeq, system }) => [uid, modSeq, system])
    const found = [...this.messages].sort(([a], [b]) => a - b).map(([uid, { modSeq, system }]) => [uid, modSeq, system])
    assert.deepEqual(found, wanted, message)
  }

  close(): void {
    this.#stop()
  }

  #load({ uids, modSeqs, system: all }: MessageBatch, keepsSeen = false): void {
    for (const [i, uid] of uids.entries()) {
      const system = all[i] as number
      const own = (this.messages.get(uid)?.system ?? 0) & SEEN
      this.messages.set(uid, { modSeq: modSeqs[i] as number, system: keepsSeen ? (system & ~SEEN) | own : system })
    }
  }

  #apply(change: Change): void {
    if (change.kind === 'added' || change.kind === 'flags') this.#load(change.batch, change.keepsSeen)
    else if (change.kind === 'expunged') for (const uid of change.uids) this.messages.delete(uid)
  }

  async #ask(): Promise<void> {
    const { changed, vanished, highestModSeq } = await this.#store.changesSince(this.#mailbox, this.#known)
    this.#load(changed)
    for (const uid of vanished) this.messages.delete(uid)
    this.#known = highestModSeq
  }
}
