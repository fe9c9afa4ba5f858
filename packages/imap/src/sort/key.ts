import type { NumberKey, TextKey } from '../keys/key-columns.ts'

/** A row of the table of sort keys; an extension can bring more. */
export type SortKey = { readonly name: string } & (
  | { readonly kind: 'number'; readonly key: NumberKey }
  | { readonly kind: 'text'; readonly key: TextKey }
  /** Of the search: the best comes first (RFC 6203 section 6). */
  | { readonly kind: 'relevancy' }
)

/** `sort-criterion` of RFC 5256. */
export interface SortCriterion {
  readonly key: SortKey
  readonly reverse: boolean
}
