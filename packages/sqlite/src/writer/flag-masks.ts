import { DELETED, KEYWORD_WORDS, maySetKeywords, settable, type FlagChange, type Rights } from '@mailstead/store'
import type { Words } from './keywords.ts'
import type { SourceRows } from './source-rows.ts'

const ALL = 0xffff_ffff

/** In the order of the columns flags, kw0 … kw3: what stays, what is set, what stays, … */
export type Masks = [number, number, number, number, number, number, number, number, number, number]

/** What a change does to a row's columns. `within`: the system flags that may change; the others stay as they are. */
export function masksOf(mode: FlagChange['mode'], system: number, words: Words, rights: Rights, within = settable(rights)): Masks {
  const all = maySetKeywords(rights) ? ALL : 0
  const columns = [[system, within], ...words.map((word) => [word, all])] as [bits: number, within: number][]
  return columns.flatMap(([bits, allowed]) => {
    const asked = (bits & allowed) >>> 0
    if (mode === 'add') return [ALL, asked]
    return mode === 'remove' ? [~asked >>> 0, 0] : [~allowed >>> 0, asked]
  }) as Masks
}

/** Whether keywords may change, and not system flags alone. */
export function changesWords(masks: Masks): boolean {
  return masks.some((mask, index) => index > 1 && mask !== (index % 2 === 0 ? ALL : 0))
}

/** Whether \Deleted may change. */
export function changesDeleted(masks: Masks): boolean {
  return (masks[0] & DELETED) === 0 || (masks[1] & DELETED) !== 0
}

/** The new value of column number `column`. */
export function apply(value: number, masks: Masks, column: number): number {
  return ((value & (masks[column * 2] as number)) | (masks[column * 2 + 1] as number)) >>> 0
}

/** The new system flags of all rows. */
export function changedFlags({ system }: SourceRows, [kept, set]: Masks): Uint8Array {
  const changed = new Uint8Array(system.length)
  for (let at = 0; at < changed.length; at++) changed[at] = ((system[at] as number) & kept) | set
  return changed
}

/** The new words of all rows; `undefined`: none has a keyword. */
export function changedWords({ uids, keywords }: SourceRows, masks: Masks): Uint32Array | undefined {
  const changed = new Uint32Array(uids.length * KEYWORD_WORDS)
  let any = 0
  for (let at = 0; at < changed.length; at++) any |= changed[at] = apply(keywords?.[at] ?? 0, masks, 1 + (at % KEYWORD_WORDS))
  return any === 0 ? undefined : changed
}
