/** RFC 8970 section 3.3: characters, each of one to four octets of UTF-8. */
export const PREVIEW_CHARACTERS = 200

/** Enough to cut the preview from, whatever is still collapsed in it. */
const ENOUGH = 4 * PREVIEW_CHARACTERS

/** White space, controls, and what newsletters fill the room behind their first line with. */
const BLANKS = /(?:[\s\p{Cc}\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff]|\u034f)+/gu
const REAL_BLANK = /[\s\p{Cc}]/u

/** The beginning of a text on one line. Takes slices; quoted lines count only where there is nothing else. */
export class PreviewText {
  readonly #knowsQuotes: boolean
  #own = ''
  #quoted = ''
  /** Of the line that the last slice ended in; `undefined`: nothing of it came yet. */
  #inQuote: boolean | undefined

  /** `knowsQuotes`: a line that begins with `>` is somebody else's. */
  constructor(knowsQuotes: boolean) {
    this.#knowsQuotes = knowsQuotes
  }

  get done(): boolean {
    return this.#own.length >= ENOUGH
  }

  write(slice: string): void {
    for (const [index, piece] of slice.split('\n').entries()) {
      if (index > 0) this.#endLine()
      if (piece === '' || this.done) continue
      this.#inQuote ??= this.#knowsQuotes && piece.startsWith('>')
      this.#add(piece)
    }
  }

  /** To the line we are in. */
  #add(piece: string): void {
    if (this.#inQuote !== true) this.#own = joined(this.#own, piece)
    else if (this.#quoted.length < ENOUGH) this.#quoted = joined(this.#quoted, piece)
  }

  #endLine(): void {
    this.#add(' ')
    this.#inQuote = undefined
  }

  /** At most PREVIEW_CHARACTERS characters; empty when there was no text. */
  get text(): string {
    const own = collapse(this.#own).trim()
    return beginning(own === '' ? collapse(this.#quoted.replace(/(^|\s)>+/g, ' ')).trim() : own)
  }
}

/** A single joiner belongs to its word; rows of them are nothing. */
function collapse(text: string): string {
  return text.replace(BLANKS, (run) => (REAL_BLANK.test(run) ? ' ' : run.length > 1 ? '' : run))
}

/** One blank between words, and of each run of joiners enough to see what it is. */
function joined(text: string, piece: string): string {
  const more = piece.replace(BLANKS, (run) => (REAL_BLANK.test(run) ? ' ' : run.slice(0, 2)))
  return more.startsWith(' ') && (text === '' || text.endsWith(' ')) ? text + more.slice(1) : text + more
}

function beginning(text: string): string {
  return text.length <= PREVIEW_CHARACTERS
    ? text
    : Array.from(text.slice(0, 2 * PREVIEW_CHARACTERS))
        .slice(0, PREVIEW_CHARACTERS)
        .join('')
        .trimEnd()
}
