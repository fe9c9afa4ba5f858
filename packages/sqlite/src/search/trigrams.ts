import { withoutMarks } from '@mailstead/mime'
import type { TextFilter } from '@mailstead/store'
import { MAX_TRIGRAMS, MAX_TRIGRAMS_A_TEXT } from '../limits.ts'

/**
 * The filter as a query of FTS5, `undefined` when it says nothing that trigrams could tell. It may let more pass than the filter, never
 * less: of long texts only some trigrams are asked for, and texts below three letters pass.
 */
export function trigramQuery(filter: TextFilter): string | undefined {
  let left = MAX_TRIGRAMS
  const query = (part: TextFilter): string | undefined => {
    if ('all' in part) return joined(part.all.map(query), ' AND ', false)
    if ('any' in part) return joined(part.any.map(query), ' OR ', true)
    const trigrams = trigramsOf(part.text)
    if (trigrams.length === 0 || trigrams.length > left) return undefined
    left -= trigrams.length
    return joined(trigrams.map(quoted), ' AND ', false)
  }
  return query(filter)
}

/** Of alternatives every one must say something. */
function joined(parts: readonly (string | undefined)[], by: string, every: boolean): string | undefined {
  const said = parts.filter((part) => part !== undefined)
  if (said.length === 0 || (every && said.length < parts.length)) return undefined
  return said.length === 1 ? said[0] : `(${said.join(by)})`
}

function trigramsOf(text: string): string[] {
  const letters = Array.from(withoutMarks(text))
  const all = new Set(letters.slice(2).map((_, at) => letters.slice(at, at + 3).join('')))
  const step = Math.ceil(all.size / MAX_TRIGRAMS_A_TEXT)
  return [...all].filter((_, at) => at % step === 0)
}

function quoted(trigram: string): string {
  return `"${trigram.replaceAll('"', '""')}"`
}
