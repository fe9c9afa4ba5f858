import { decodeWords } from './encoded-words.ts'

/** What a subject is about, and whether it says that it is a reply or a forward (RFC 5256 sections 2.1 and 3, THREAD=REFERENCES). */
export interface BaseSubject {
  readonly text: string
  readonly isReply: boolean
}

const TRAILER = '(fwd)'
const FORWARD = '[fwd:'
// subj-blob = "[" *BLOBCHAR "]" *WSP
const BLOB = /\[[^[\]]*\] */y
// subj-refwd = ("re" / ("fw" ["d"])) *WSP [subj-blob] ":"
const REFWD = /(?:re|fwd?) *(?:\[[^[\]]*\] *)?:/iy

/** The base subject of a Subject field's unfolded value, an octet per character. Linear in its length. */
export function baseSubject(value: string): BaseSubject {
  // Step 1. Continuations were unfolded; what encoded words hide counts like what is written.
  const text = decodeWords(value).replace(/[\t\r\n ]+/g, ' ')
  let isReply = false
  let [start, end] = [0, text.length]
  for (;;) {
    const trailed = withoutTrailers(text, start, end)
    const led = withoutLeaders(text, start, trailed.end)
    isReply ||= trailed.isReply || led.isReply
    ;[start, end] = [led.start, trailed.end]
    // Step 6: subj-fwd-hdr and subj-fwd-trl, and all over again.
    if (text.slice(start, start + FORWARD.length).toLowerCase() !== FORWARD || text[end - 1] !== ']') break
    isReply = true
    start += FORWARD.length
    end--
  }
  return { text: text.slice(start, end), isReply }
}

/** Step 2: subj-trailer = "(fwd)" / WSP, as often as it stands there. */
function withoutTrailers(text: string, start: number, from: number): { end: number; isReply: boolean } {
  let [end, isReply] = [from, false]
  for (;;) {
    while (end > start && text[end - 1] === ' ') end--
    if (end - TRAILER.length < start || text.slice(end - TRAILER.length, end).toLowerCase() !== TRAILER) return { end, isReply }
    end -= TRAILER.length
    isReply = true
  }
}

/**
 * Steps 3 to 5: subj-leader = (*subj-blob subj-refwd) / WSP, then blobs as long as something is left behind them. No
 * subj-refwd begins with a blob, so it stands behind all of them or nowhere: each is looked at once.
 */
function withoutLeaders(text: string, from: number, end: number): { start: number; isReply: boolean } {
  let [start, isReply] = [from, false]
  for (;;) {
    while (start < end && text[start] === ' ') start++
    const blobs = [start]
    for (let next = match(BLOB, text, start, end); next !== undefined; next = match(BLOB, text, next, end)) blobs.push(next)
    const behind = match(REFWD, text, blobs.at(-1) ?? start, end)
    if (behind === undefined) return { start: blobs.findLast((place) => place < end) ?? start, isReply }
    start = behind
    isReply = true
  }
}

/** Behind what the pattern matches at `start`, if it does and ends within `end`. */
function match(pattern: RegExp, text: string, start: number, end: number): number | undefined {
  pattern.lastIndex = start
  return pattern.test(text) && pattern.lastIndex <= end ? pattern.lastIndex : undefined
}
