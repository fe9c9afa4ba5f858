import type { Account, AccountId, Resolved } from '@mailstead/store'
import { DIRECTORY_ROWS } from '../limits.ts'
import { localKey } from '../names.ts'
import type { ReaderOps } from '../reader/ops.ts'
import type { ArgsOf, Report, ResultOf } from '../rpc.ts'
import type { Readers } from './readers.ts'

/** Reads of the directory that tell nothing of any account's use of its room. */
type Remembered = 'listDomains' | 'findDomain' | 'ownerOf' | 'credentials' | 'group' | 'movedTo'

interface Kept {
  answer: Promise<unknown>
  /** The answer, once it has come. */
  value?: unknown
}

/**
 * The directory as of all that the writer has reported: who asks again is answered without a thread. What is kept are the reads themselves: one
 * that is under way when the directory changes is given to those who wait for it, and to nobody else. What an account holds is
 * kept up with the reports, or its row goes; everything goes after an act that may have changed the directory.
 */
export class DirectoryRows {
  readonly #readers: Readers
  /** By what was asked, the least recently used first. */
  readonly #rows = new Map<string | AccountId, Kept>()

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
    return this.#remembered([op, ...(args as readonly (string | number)[])].join('\n'), () => this.#readers.call(op, ...args))
  }

  /** To be called before others are told of the report. */
  committed({ changes, directory, used = [], seen }: Report): void {
    if (directory === true) return this.forget()
    const told = new Set(used.map(([account]) => account))
    for (const { kind, account } of changes) if (kind !== 'flags' && !told.has(account)) this.#rows.delete(account)
    for (const [account, octets, messages] of used) this.#nowHolds(account, octets, messages)
    for (const account of seen ?? []) this.#rows.delete(account)
  }

  forget(): void {
    this.#rows.clear()
  }

  #nowHolds(id: AccountId, usedOctets: number, usedMessages: number): void {
    const kept = this.#rows.get(id)
    if (kept?.value === undefined) return void this.#rows.delete(id)
    kept.value = { ...(kept.value as Account), usedOctets, usedMessages }
    kept.answer = Promise.resolve(kept.value)
  }

  #remembered<T>(key: string | AccountId, read: () => Promise<T>): Promise<T> {
    const known = this.#rows.get(key)
    if (known === undefined) return this.#read(key, read)
    this.#rows.delete(key)
    this.#rows.set(key, known)
    return known.answer as Promise<T>
  }

  #read<T>(key: string | AccountId, read: () => Promise<T>): Promise<T> {
    const answer = read()
    const row: Kept = { answer }
    this.#rows.set(key, row)
    answer.then(
      (value) => (row.value = value),
      () => {
        if (this.#rows.get(key) === row) this.#rows.delete(key)
      },
    )
    const [oldest] = this.#rows.keys()
    if (this.#rows.size > DIRECTORY_ROWS && oldest !== undefined) this.#rows.delete(oldest)
    return answer
  }
}
