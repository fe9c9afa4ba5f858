/** 0 stands for `*`, and sorts last: `{ first: 5, last: 0 }` is `5:*`. */
export interface SequenceRange {
  readonly first: number
  readonly last: number
}

/** `$`: the messages that the last SEARCH with SAVE found (RFC 5182). */
export type SequenceSet = readonly SequenceRange[] | '$'

/** RFC 3501 section 9: "3:1" means the same as "1:3", and `*` is the highest. */
export function rangeOf(first: number, last: number): SequenceRange {
  return last !== 0 && (first === 0 || first > last) ? { first: last, last: first } : { first, last }
}
