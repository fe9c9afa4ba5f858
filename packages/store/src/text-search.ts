/** What the text of a message must hold, as `foldCase` leaves it, marks that combine aside: its header with the names of fields (`SUBJECT: …`), and all of its parts. */
export type TextFilter = { readonly text: string } | { readonly all: readonly TextFilter[] } | { readonly any: readonly TextFilter[] }

/** What was found of some texts in some messages. */
export interface TextMatches {
  /** How many of the UIDs asked about were looked at, from the first on; at least one. */
  readonly looked: number
  /** Those of them that are there, ascending. */
  readonly uids: Uint32Array
  /** How well needle n is found in message i of `uids`, at i × needles + n: 0 not at all, 100 as it is, in between where words were asked for. */
  readonly found: Uint8Array
}
