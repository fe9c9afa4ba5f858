import { mayDo, type AccountId, type Mailbox, type MailboxId } from '@mailstead/store'
import type { NameChange } from './names.ts'

type Known = Pick<Mailbox, 'name' | 'owner' | 'rights'>

/**
 * What others share with the client, as it was listed last. What becomes of it is nobody's hint by name: granting and taking away, renaming and
 * removing are seen by comparing two lists.
 */
export class SharedMailboxes {
  readonly #actor: AccountId
  #known: ReadonlyMap<MailboxId, Known> | undefined

  constructor(actor: AccountId) {
    this.#actor = actor
  }

  /** Whether it may have been this account's mailboxes that changed. */
  has(owner: AccountId): boolean {
    return [...(this.#known?.values() ?? [])].some((mailbox) => mailbox.owner === owner)
  }

  /**
   * `changes`: RFC 5465 section 5.4 takes the right to see a mailbox for its creation, and the loss of it for its removal. `access`: mailboxes that can be
   * seen, and read no more, or again (section 5.9); the first time those that cannot be read.
   */
  compare(mailboxes: readonly Mailbox[]): { readonly changes: readonly NameChange[]; readonly access: readonly Mailbox[] } {
    const before = this.#known
    const shared = mailboxes.filter(({ owner }) => owner !== this.#actor)
    this.#known = new Map(shared.map(({ id, name, owner, rights }) => [id, { name, owner, rights }]))
    const access = shared.filter(({ id, rights }) => {
      const known = before?.get(id)
      return mayDo(rights, 'read') !== (known === undefined || mayDo(known.rights, 'read'))
    })
    return { changes: before === undefined ? [] : this.#changes(before, this.#known), access }
  }

  #changes(before: ReadonlyMap<MailboxId, Known>, now: ReadonlyMap<MailboxId, Known>): NameChange[] {
    const account = this.#actor
    const changes: NameChange[] = []
    for (const [id, { name }] of now) {
      const oldName = before.get(id)?.name
      if (oldName === undefined) changes.push({ kind: 'mailbox-created', account, name })
      else if (oldName !== name) changes.push({ kind: 'mailbox-renamed', account, name, oldName })
    }
    for (const [id, { name }] of before) if (!now.has(id)) changes.push({ kind: 'mailbox-deleted', account, name })
    return changes
  }
}
