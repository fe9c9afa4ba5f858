const ASCII = /^[\x00-\x7f]*$/

/**
 * Text as SEARCH compares it: RFC 5051's i;unicode-casemap, capitals and compatibility decomposition, in the other
 * order, so that letters which appear only by decomposing lose their case too and "fin" is found in "ﬁnger". What a
 * search index holds is folded by this and nothing else.
 */
export function foldCase(text: string): string {
  return ASCII.test(text) ? text.toUpperCase() : text.normalize('NFKD').toUpperCase()
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
