import { readTexts, withoutMarks, type TextSource } from '@mailstead/mime'
import { StoreError } from '@mailstead/store'
import { INDEX_EMAILS, INDEX_STEP_MS, MAX_INDEXED_TEXT } from '../limits.ts'
import type { Sql } from '../sql.ts'
import { indexStatements, type IndexStatements } from './statements.ts'

/** What one step of indexing did. */
export interface IndexStep {
  readonly indexed: number
  /** Emails that are gone and were dropped: the database may forget them. */
  readonly dropped: readonly number[]
  /** Emails whose text could not be read; searches look into them. */
  readonly failed: readonly string[]
  /** Another step has something to do. */
  readonly more: boolean
}

/** Emails of the database that the index does not hold yet, and those it should no longer hold. */
export interface IndexSource {
  after(mark: number, limit: number): readonly { readonly email: number; readonly account: number }[]
  gone(limit: number): readonly number[]
  text(email: number): TextSource | undefined
}

/** Documents of one account begin at its id times this. */
export const ACCOUNT = 2 ** 32

/** Writes the index, step by step, each one transaction. */
export class TextIndex {
  readonly #sql: Sql
  readonly #source: IndexSource
  readonly statements: IndexStatements

  constructor(sql: Sql, source: IndexSource) {
    this.#sql = sql
    this.#source = source
    this.statements = indexStatements(sql)
  }

  get mark(): number {
    return this.statements.mark()?.mark ?? 0
  }

  step(): IndexStep {
    const gone = this.#source.gone(INDEX_EMAILS)
    const redo = this.statements.redo(INDEX_EMAILS)
    const fresh = redo.length > 0 ? [] : this.#source.after(this.mark, INDEX_EMAILS)
    const todo = redo.length > 0 ? redo : fresh
    const failed: string[] = []
    const documents = this.#read(todo, failed)
    this.#sql.db
      .transaction(() => {
        for (const email of gone) this.#drop(email)
        // FTS5 writes a segment whenever its documents do not ascend.
        for (const document of documents.toSorted((a, b) => a.account - b.account)) this.#put(document)
        if (redo.length === 0 && documents.length > 0) this.statements.setMark(documents.at(-1)?.email ?? 0)
      })
      .immediate()
    const full = [gone.length, todo.length].includes(INDEX_EMAILS)
    return { indexed: documents.length, dropped: gone, failed, more: full || documents.length < todo.length || redo.length > 0 }
  }

  /** What the account has is to be indexed anew; until then it counts as not indexed. */
  again(account: number, emails: readonly number[]): void {
    this.#sql.db
      .transaction(() => {
        for (const email of emails) this.statements.addRedo(account, email)
      })
      .immediate()
  }

  #read(todo: readonly { readonly email: number; readonly account: number }[], failed: string[]): Document[] {
    const end = performance.now() + INDEX_STEP_MS
    const documents: Document[] = []
    for (const { email, account } of todo) {
      if (documents.length > 0 && performance.now() > end) break
      try {
        documents.push({ email, account, content: contentOf(this.#source.text(email)) })
      } catch (error) {
        const isGone = error instanceof StoreError && error.code === 'message-not-found'
        if (!isGone) failed.push(`email ${email}: ${String(error)}`)
        documents.push({ email, account, content: isGone ? undefined : { text: '', whole: false } })
      }
    }
    return documents
  }

  #put({ email, account, content }: Document): void {
    this.#drop(email)
    this.statements.redone(account, email)
    if (content === undefined) return
    const last = this.statements.lastDocument(account * ACCOUNT, (account + 1) * ACCOUNT - 1)?.doc
    const doc = (last ?? account * ACCOUNT) + 1
    this.statements.insertEntry(doc, email, content.whole ? 1 : 0)
    this.statements.insertText(doc, content.text)
  }

  #drop(email: number): void {
    const doc = this.statements.document(email)?.doc
    if (doc === undefined) return
    this.statements.deleteText(doc)
    this.statements.deleteEntry(doc)
  }
}

interface Document {
  readonly email: number
  readonly account: number
  /** `undefined`: the email is gone. */
  readonly content: Content | undefined
}

interface Content {
  readonly text: string
  /** There is no more of it. */
  readonly whole: boolean
}

function contentOf(source: TextSource | undefined): Content | undefined {
  if (source === undefined) return undefined
  const slices: string[] = []
  let length = 0
  for (const { text } of readTexts(source)) {
    slices.push(text)
    length += text.length
    if (length > MAX_INDEXED_TEXT) return { text: clean(slices.join('')), whole: false }
  }
  return { text: clean(slices.join('')), whole: true }
}

/** Marks are passed over, as in the filters of searches by words; NUL would be the end for the tokenizer. */
function clean(text: string): string {
  return withoutMarks(text).replaceAll('\0', ' ')
}
