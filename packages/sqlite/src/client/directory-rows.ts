import type { Account, AccountId, Resolved } from '@mailstead/store'
import { DIRECTORY_ROWS } from '../limits.ts'
import { localKey } from '../names.ts'
import type { ReaderOps } from '../reader/ops.ts'
import type { ArgsOf, Report, ResultOf } from '../rpc.ts'
import type { Readers } from './readers.ts'

/** Reads of the directory that tell nothing of any account's use of its room. */
type Remembered = 'listDomains' | 'findDomain' | 'ownerOf' | 'group' | 'movedTo'

/**
 * The directory as of all that the writer has reported: who asks again is answered without a thread. What is kept are the reads themselves: one
 * that is under way when the directory changes is given to those who wait for it, and to nobody else. An account's row goes when something comes
 * into its mailboxes or leaves them, everything after an act that may have changed the directory.
 */
export class DirectoryRows {
  readonly #readers: Readers
  /** By what was asked, the least recently used first. */
  readonly #rows = new Map<string | AccountId, Promise<unknown>>()

  constructor(readers: Readers) {
    this.#readers = readers
  }

  async resolve(localPart: string, domain: string): Promise<Resolved | undefined> {
    const owner = await this.find('ownerOf', localKey(localPart), domain)
    const account = owner === undefined ? undefined : await this.account(owner.account as AccountId)
    return owner === undefined || account === undefined ? undefined : { account, via: owner.via }
  }

  account(id: AccountId): Promise<Account | undefined> {
    return this.#remembered(id, () => this.#readers.call('account', id))
  }

  find<Name extends Remembered>(op: Name, ...args: ArgsOf<ReaderOps, Name>): Promise<ResultOf<ReaderOps, Name>> {
    return this.#remembered([op, ...(args as readonly string[])].join('\n'), () => this.#readers.call(op, ...args))
  }

  /** To be called before others are told of the report. */
  committed({ changes, directory, seen }: Report): void {
    if (directory === true) return this.forget()
    for (const { kind, account } of changes) if (kind !== 'flags') this.#rows.delete(account)
    for (const account of seen ?? []) this.#rows.delete(account)
  }

  forget(): void {
    this.#rows.clear()
  }

  #remembered<T>(key: string | AccountId, read: () => Promise<T>): Promise<T> {
    const known = this.#rows.get(key)
    const answer = (known ?? read()) as Promise<T>
    this.#rows.delete(key)
    this.#rows.set(key, answer)
    if (known !== undefined) return answer
    answer.catch(() => {
      if (this.#rows.get(key) === answer) this.#rows.delete(key)
    })
    const [oldest] = this.#rows.keys()
    if (this.#rows.size > DIRECTORY_ROWS && oldest !== undefined) this.#rows.delete(oldest)
    return answer
  }
}
