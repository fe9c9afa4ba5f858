import { DELETED, maySetKeywords, settable, type FlagChange, type Rights } from '@mailstead/store'
import type { Words } from './keywords.ts'

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
