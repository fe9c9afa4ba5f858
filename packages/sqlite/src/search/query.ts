import { withoutMarks } from '@mailstead/mime'
import type { TextFilter } from '@mailstead/store'
import { MAX_TRIGRAMS, MAX_TRIGRAMS_A_TEXT } from '../limits.ts'
import { bucketOf } from './trigrams.ts'

/** What an index of trigrams can tell of a filter. */
export type TrigramQuery =
  { readonly buckets: readonly number[] } | { readonly all: readonly TrigramQuery[] } | { readonly any: readonly TrigramQuery[] }

/**
 * `undefined` when the filter says nothing that trigrams could tell. The query may let more pass than the filter, never less: of long texts only
 * some trigrams are asked for, and texts below three units pass.
 */
export function trigramQuery(filter: TextFilter): TrigramQuery | undefined {
  let left = MAX_TRIGRAMS
  const query = (part: TextFilter): TrigramQuery | undefined => {
    if ('all' in part) {
      const all = part.all.flatMap((each) => query(each) ?? [])
      return all.length === 0 ? undefined : { all }
    }
    if ('any' in part) {
      // Of alternatives every one must say something.
      const any = part.any.flatMap((each) => query(each) ?? [])
      return any.length === 0 || any.length < part.any.length ? undefined : { any }
    }
    const buckets = bucketsOf(part.text)
    if (buckets.length === 0 || buckets.length > left) return undefined
    left -= buckets.length
    return { buckets }
  }
  return query(filter)
}

function bucketsOf(text: string): number[] {
  const units = withoutMarks(text)
  const all = new Set<number>()
  for (let at = 2; at < units.length; at++) all.add(bucketOf(units.charCodeAt(at - 2), units.charCodeAt(at - 1), units.charCodeAt(at)))
  const step = Math.ceil(all.size / MAX_TRIGRAMS_A_TEXT)
  return [...all].filter((_, at) => at % step === 0)
}
