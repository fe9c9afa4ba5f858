import { readEnvelope, type EnvelopeSummary } from '@mailstead/mime'
import type { FetchWants, MessageRow } from '@mailstead/store'

/** A message while its sort values are taken. */
export class SortedMessage {
  readonly row: MessageRow
  #envelope: EnvelopeSummary | undefined

  constructor(row: MessageRow) {
    this.row = row
  }

  /** Needs the column `envelope`. */
  get envelope(): EnvelopeSummary {
    return (this.#envelope ??= this.row.envelope === undefined ? NO_ENVELOPE : readEnvelope(this.row.envelope))
  }
}

const NO_ENVELOPE: EnvelopeSummary = { date: undefined, subject: undefined, from: undefined, to: undefined, cc: undefined }

/** What messages are compared by; texts as `foldCase` leaves them. All of one criterion are of one type. */
export type SortValue = number | string

/** A row of the table of sort keys; an extension can bring more. */
export interface SortKey {
  /** In capitals. */
  readonly name: string
  readonly wants: FetchWants
  value(message: SortedMessage): SortValue
}

/** `sort-criterion` of RFC 5256. */
export interface SortCriterion {
  readonly key: SortKey
  readonly reverse: boolean
}
