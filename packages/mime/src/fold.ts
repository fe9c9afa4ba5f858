const ASCII = /^[\x00-\x7f]*$/

/**
 * RFC 5051 maps a letter to one letter, its titlecase in UnicodeData.txt, which these do not have: a sharp s is not "SS",
 * and Georgian letters begin no sentence with a capital.
 */
const WITH_TITLECASE = /[^\u00df\u10d0-\u10ff]+/g

/**
 * Text as SEARCH, SORT and THREAD compare it: RFC 5051's i;unicode-casemap, titlecase and compatibility decomposition.
 * Decomposed first, so that letters which only appear by that lose their case too: what the collation calls equal is
 * equal here, and "fin" is found in "ﬁnger" besides. What a search index holds is folded by this and nothing else.
 */
export function foldCase(text: string): string {
  return ASCII.test(text) ? text.toUpperCase() : text.normalize('NFKD').replace(WITH_TITLECASE, (run) => run.toUpperCase())
}

/** Units of UTF-16 in the order of the characters that they make (RFC 5051 section 2: UTF-16 is no substitute for UTF-8). */
function rank(unit: number): number {
  return unit >= 0xe000 ? unit - 0x800 : unit >= 0xd800 ? unit + 0x2000 : unit
}

/** The collation's order of texts that `foldCase` made: by their UTF-8. Below zero: `a` comes first. */
export function compareFolded(a: string, b: string): number {
  if (a === b) return 0
  const end = Math.min(a.length, b.length)
  for (let at = 0; at < end; at++) {
    const [left, right] = [a.charCodeAt(at), b.charCodeAt(at)]
    if (left !== right) return rank(left) - rank(right)
  }
  return a.length - b.length
}

const MARK = /\p{M}/u

/** Marks behind one letter that are kept together; more than this is no language. */
const MAX_MARKS = 64

/**
 * `foldCase` for text in slices, with the same result: a letter and the marks behind it, which decomposing may put in
 * another order, are folded together.
 */
export class FoldReader {
  #rest = ''

  write(text: string): string {
    const all = this.#rest + text
    const cut = lastLetter(all)
    this.#rest = all.slice(cut)
    return foldCase(all.slice(0, cut))
  }

  end(): string {
    const rest = this.#rest
    this.#rest = ''
    return foldCase(rest)
  }
}

/** Where the last letter begins that marks may follow. */
function lastLetter(text: string): number {
  for (let at = text.length - 1; at >= Math.max(0, text.length - MAX_MARKS); at--) {
    const code = text.charCodeAt(at)
    // The second half of a pair: the letter begins before it.
    if (code >= 0xdc00 && code <= 0xdfff && at > 0) at--
    if (code < 0x300 || !MARK.test(String.fromCodePoint(text.codePointAt(at) ?? 0))) return at
  }
  return text.length
}
