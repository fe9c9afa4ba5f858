import { TextReader, type Part } from '@mailstead/mime'
import type { Pace } from '../pace.ts'
import type { FetchedMessage } from './message.ts'
import { PreviewText } from './preview-text.ts'

/** Octets that a preview reads at most: a newsletter's style sheet comes before its first word. */
const MAX_OCTETS = 128 * 1024

/** Octets decoded at once: most previews need no second slice. */
const SLICE = 2 * 1024

/** Parts that are tried, one after the other, as long as they hold no text. */
const MAX_PARTS = 5

/** The beginning of what a reader sees, on one line; empty where there is no text, or it is encrypted. Reads no more than it needs. */
export async function previewOf(message: FetchedMessage, pace: Pace): Promise<string> {
  let left = MAX_OCTETS
  for (const part of textParts(await message.structure()).slice(0, MAX_PARTS)) {
    const size = Math.min(left, part.end - part.body)
    const text = await beginningOf(message, part, size, pace)
    left -= size
    if (text !== '' || left === 0) return text
  }
  return ''
}

/** Subtypes of text that clients show as text: no calendars, no cards, no tables. */
const SHOWN = new Set(['plain', 'html', 'xhtml', 'markdown'])

/** Parts with text for a reader, the best first. */
function textParts(part: Part): readonly Part[] {
  if (part.kind === 'leaf') return part.type === 'text' && SHOWN.has(part.subtype) ? [part] : []
  if (part.subtype === 'encrypted') return []
  const below = part.children.map(textParts)
  // RFC 2046 section 5.1.4: alternatives say the same; the plainest needs the least work, and none of it fails.
  if (part.subtype === 'alternative') below.sort((a, b) => Number(isPlain(b[0])) - Number(isPlain(a[0])))
  return below.flat()
}

function isPlain(part: Part | undefined): boolean {
  return part?.subtype === 'plain'
}

async function beginningOf(message: FetchedMessage, part: Part, size: number, pace: Pace): Promise<string> {
  const reader = new TextReader(part)
  const preview = new PreviewText(part.subtype === 'plain')
  for await (const octets of message.read(part.body, part.body + size)) {
    for (let at = 0; at < octets.length && !preview.done; at += SLICE) {
      preview.write(reader.write(octets.subarray(at, at + SLICE)))
      await pace.pause()
    }
    if (preview.done) break
  }
  if (!preview.done) preview.write(reader.end())
  return preview.text
}
