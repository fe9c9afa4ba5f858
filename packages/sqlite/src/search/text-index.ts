import { readTexts, withoutMarks, type TextSource } from '@mailstead/mime'
import { StoreError } from '@mailstead/store'
import { INDEX_EMAILS, INDEX_STEP_MS, MAX_INDEXED_TEXT } from '../limits.ts'
import type { Sql } from '../sql.ts'
import { SEGMENT } from './lists.ts'
import { Sealing } from './sealing.ts'
import { BLOCKS, indexStatements, type IndexStatements } from './statements.ts'
import { TrigramReader, type PackedBuckets } from './trigrams.ts'

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

/** Writes the index, step by step, each one transaction. */
export class TextIndex {
  readonly #sql: Sql
  readonly #source: IndexSource
  readonly #trigrams = new TrigramReader()
  #sealing: Sealing | undefined
  /** Accounts that may have enough loose documents for a segment. */
  readonly #grown = new Set<number>()
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
    const end = performance.now() + INDEX_STEP_MS
    if (this.#sealing !== undefined) return this.#seal(this.#sealing, end)
    const gone = this.#source.gone(INDEX_EMAILS)
    const redo = this.statements.redo(INDEX_EMAILS)
    const todo = redo.length > 0 ? redo : this.#source.after(this.mark, INDEX_EMAILS)
    const failed: string[] = []
    const documents = this.#read(todo, failed, end)
    this.#sql.db
      .transaction(() => {
        for (const email of gone) this.#drop(email)
        for (const document of documents) this.#put(document)
        if (redo.length === 0 && documents.length > 0) this.statements.setMark(documents.at(-1)?.email ?? 0)
      })
      .immediate()
    this.#sealing = this.#nextSealing()
    const full = [gone.length, todo.length].includes(INDEX_EMAILS)
    // Behind what is made anew there may be new mail, and what was dropped can leave more to be made anew.
    const left = redo.length > 0 || this.statements.redo(1).length > 0
    const more = full || documents.length < todo.length || left || this.#sealing !== undefined
    return { indexed: documents.length, dropped: gone, failed, more }
  }

  /** What the account has is to be indexed anew; until then it counts as not indexed. */
  again(account: number, emails: readonly number[]): void {
    this.#sql.db
      .transaction(() => {
        for (const email of emails) this.statements.addRedo(account, email)
      })
      .immediate()
  }

  #read(todo: readonly { readonly email: number; readonly account: number }[], failed: string[], end: number): Document[] {
    const documents: Document[] = []
    for (const { email, account } of todo) {
      if (documents.length > 0 && performance.now() > end) break
      try {
        documents.push({ email, account, content: this.#contentOf(this.#source.text(email)) })
      } catch (error) {
        this.#trigrams.take()
        const isGone = error instanceof StoreError && error.code === 'message-not-found'
        if (!isGone) failed.push(`email ${email}: ${String(error)}`)
        documents.push({ email, account, content: isGone ? undefined : CUT })
      }
    }
    return documents
  }

  #contentOf(source: TextSource | undefined): Content | undefined {
    if (source === undefined) return undefined
    let length = 0
    for (const { text } of readTexts(source)) {
      length += text.length
      // Marks are passed over, as in the filters of searches by words.
      this.#trigrams.read(withoutMarks(text))
      if (length <= MAX_INDEXED_TEXT) continue
      this.#trigrams.take()
      return CUT
    }
    return { buckets: this.#trigrams.take(), whole: true }
  }

  #put({ email, account, content }: Document): void {
    this.#drop(email)
    this.statements.redone(account, email)
    if (content === undefined) return
    this.statements.insertLoose(email, account, content.whole ? 1 : 0, content.buckets)
    this.#grown.add(account)
  }

  #drop(email: number): void {
    if (this.statements.deleteLoose(email).changes > 0) return
    const segment = this.statements.segmentOf(email)?.segment
    if (segment === undefined) return
    this.statements.deleteSealed(email)
    const { account = 0, emails = new Uint8Array(0), live = 0 } = this.statements.segment(segment) ?? {}
    // One that is more than half empty goes, and what is left in it begins anew.
    if (live * 2 > SEGMENT) this.statements.setLive(live - 1, segment)
    else this.#dissolve(segment, account, emailsIn(emails))
  }

  #dissolve(segment: number, account: number, emails: Float64Array): void {
    for (const email of emails) {
      if (this.statements.segmentOf(email)?.segment !== segment) continue
      this.statements.deleteSealed(email)
      this.statements.addRedo(account, email)
    }
    this.statements.deleteSegment(segment)
    this.statements.deleteBlocks(segment * BLOCKS, (segment + 1) * BLOCKS)
  }

  #nextSealing(): Sealing | undefined {
    for (const account of this.#grown) {
      this.#grown.delete(account)
      if (this.statements.countLoose(account, SEGMENT)?.loose === SEGMENT) return new Sealing(account, this.statements)
    }
    return undefined
  }

  #seal(sealing: Sealing, end: number): IndexStep {
    this.#sealing = this.#sql.db.transaction(() => sealing.write(end)).immediate() ? undefined : sealing
    return { indexed: 0, dropped: [], failed: [], more: true }
  }
}

/** Of the segment's documents, in their order. */
export function emailsIn(emails: Uint8Array): Float64Array {
  return new Float64Array(emails.buffer, emails.byteOffset, emails.length / 8)
}

interface Document {
  readonly email: number
  readonly account: number
  /** `undefined`: the email is gone. */
  readonly content: Content | undefined
}

interface Content {
  readonly buckets: PackedBuckets
  /** There is no more of it. */
  readonly whole: boolean
}

/** There is more than is known of it: it is always looked into. */
const CUT: Content = { buckets: new Uint8Array(0), whole: false }
