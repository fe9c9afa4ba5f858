import { ENTITIES } from './entities.ts'

/** Elements whose content is not shown, and in which no other tag counts. */
const RAW = new Set(['script', 'style', 'title', 'iframe', 'template', 'noembed', 'noframes'])

/** Elements inside a line: the text on both sides of such a tag is one word. */
const INLINE = new Set(
  'a abbr acronym b bdi bdo big cite code data del dfn em font i ins kbd label mark nobr o:p q s samp small span strike strong sub sup time tt u var wbr'.split(
    ' ',
  ),
)

/** A name is read when the slice holds it; one of more letters is none that means anything here. */
const MAX_NAME = 32
const MAX_ENTITY = 32

const TAB = 9
const FEED = 10
const FORM_FEED = 12
const RETURN = 13
const SPACE = 32
const QUOTE = 34
const APOSTROPHE = 39
const SLASH = 47
const EQUALS = 61
const GREATER = 62

/**
 * The visible text of HTML, in any slices: what the tokenizer of HTML's standard (section 13.2.5) takes for tags and comments
 * is out, entities are decoded, nothing is left of scripts and styles. White space is what is seen of it: one blank
 * for any of it, one line break between blocks, all of it inside of `pre`. Not a parser: linear, with bounded memory.
 */
export class HtmlReader {
  readonly #shown = new ShownText()
  /** Not read before more comes; at most some dozens of characters. */
  #rest = ''
  #state: 'text' | 'tag' | 'comment' | 'declaration' | 'raw' = 'text'
  #tag = new Tag('', false, false)
  #raw = ''

  write(html: string): string {
    return this.#read(this.#rest + html, false)
  }

  end(): string {
    return this.#read(this.#rest, true)
  }

  #read(html: string, last: boolean): string {
    this.#rest = ''
    let at = 0
    while (at < html.length) {
      const next = this.#step(html, at, last)
      if (next === undefined) break
      at = next
    }
    this.#rest = html.slice(at)
    return this.#shown.take()
  }

  /** Where to go on; `undefined` when more is needed than what stands from `at` on. */
  #step(html: string, at: number, last: boolean): number | undefined {
    if (this.#state === 'text') return html[at] === '<' ? this.#markup(html, at, last) : this.#text(html, at, last)
    if (this.#state === 'tag') return this.#endOfTag(html, at)
    if (this.#state === 'raw') return this.#endOfRaw(html, at, last)
    return this.#endOf(this.#state === 'comment' ? /--!?>/g : />/g, html, at, last)
  }

  #text(html: string, at: number, last: boolean): number | undefined {
    const mark = html.indexOf('<', at)
    let end = mark < 0 ? html.length : mark
    if (mark < 0 && !last) {
      // No entity is cut in two.
      const entity = html.lastIndexOf('&')
      if (entity >= at && html.length - entity <= MAX_ENTITY && !html.includes(';', entity)) end = entity
    }
    if (end === at) return undefined
    this.#shown.text(decodeEntities(html.slice(at, end)))
    return end
  }

  /** `at` is a `<`. */
  #markup(html: string, at: number, last: boolean): number | undefined {
    const opening = html.slice(at, at + MAX_NAME + 2)
    const isWhole = last || at + opening.length < html.length
    const tag = /^<(\/?)([A-Za-z][^ \t\r\n\f/>]*)/.exec(opening)
    if (tag !== null) {
      const isFull = tag[0].length === MAX_NAME + 2
      if (!isWhole && tag[0].length === opening.length && !isFull) return undefined
      this.#tag = new Tag((tag[2] ?? '').toLowerCase(), tag[1] === '/', isFull)
      this.#state = 'tag'
      return at + tag[0].length
    }
    if (!isWhole && opening.length < '<!-->'.length) return undefined
    if (opening.startsWith('<!--')) {
      if (opening.startsWith('<!-->')) return at + 5
      if (opening.startsWith('<!--->')) return at + 6
      if (!isWhole && opening.length < '<!--->'.length) return undefined
      this.#state = 'comment'
      return at + 4
    }
    if (/^<(?:[!?]|\/[^])/.test(opening)) {
      this.#state = 'declaration'
      return at + 2
    }
    // "a < b"
    this.#shown.text('<')
    return at + 1
  }

  #endOfTag(html: string, at: number): number {
    const tag = this.#tag
    while (at < html.length && !tag.ended) at = tag.read(html, at)
    if (!tag.ended) return at
    this.#state = 'text'
    const { name, closing } = tag
    if (name === 'pre') this.#shown.preformatted(!closing)
    if (RAW.has(name)) {
      this.#raw = name
      if (!closing && !tag.selfClosing) this.#state = 'raw'
    } else if (name === 'td' || name === 'th' || name === 'img') this.#shown.gap(' ')
    else if (!INLINE.has(name)) this.#shown.gap('\n')
    return at
  }

  /** The end tag itself is read as one. */
  #endOfRaw(html: string, at: number, last: boolean): number | undefined {
    const end = new RegExp(`</${this.#raw}[ \\t\\r\\n\\f/>]`, 'gi')
    end.lastIndex = at
    const found = end.exec(html)
    if (found === null) return last ? html.length : keep(html, at, this.#raw.length + 2)
    this.#state = 'text'
    return found.index
  }

  #endOf(pattern: RegExp, html: string, at: number, last: boolean): number | undefined {
    pattern.lastIndex = at
    if (pattern.exec(html) === null) return last ? html.length : keep(html, at, 3)
    this.#state = 'text'
    return pattern.lastIndex
  }
}

/** Passes over all but the last characters, which an end may begin with; `undefined` when there are no others. */
function keep(html: string, at: number, length: number): number | undefined {
  return html.length - length > at ? html.length - length : undefined
}

/** Where in a tag. */
type Place = 'tag-name' | 'between' | 'name' | 'behind-name' | 'before-value' | 'value' | 'quoted'

/** Behind a tag's name: attributes, up to the `>` that is in none of their values. */
class Tag {
  readonly name: string
  readonly closing: boolean
  ended = false
  selfClosing = false
  #place: Place
  #quote = 0
  #before = 0

  /** `goesOn`: there may be more of the name. */
  constructor(name: string, closing: boolean, goesOn: boolean) {
    this.name = name
    this.closing = closing
    this.#place = goesOn ? 'tag-name' : 'between'
  }

  /** Reads on from `at`; returns where it stopped. */
  read(html: string, at: number): number {
    if (this.#place === 'quoted') {
      const end = html.indexOf(this.#quote === QUOTE ? '"' : "'", at)
      if (end < 0) return html.length
      this.#place = 'between'
      this.#before = this.#quote
      return end + 1
    }
    const code = html.charCodeAt(at)
    if (code === GREATER) {
      this.ended = true
      this.selfClosing = this.#before === SLASH
    } else this.#place = this.#next(code)
    this.#before = code
    return at + 1
  }

  #next(code: number): Place {
    if (this.#place === 'tag-name') return isBlank(code) || code === SLASH ? 'between' : 'tag-name'
    if (this.#place === 'before-value' && (code === QUOTE || code === APOSTROPHE)) {
      this.#quote = code
      return 'quoted'
    }
    if (isBlank(code)) return this.#place === 'name' ? 'behind-name' : this.#place === 'value' ? 'between' : this.#place
    if (this.#place === 'before-value' || this.#place === 'value') return 'value'
    if (code === EQUALS && this.#place !== 'between') return 'before-value'
    return code === SLASH ? 'between' : 'name'
  }
}

function isBlank(code: number): boolean {
  return code === SPACE || code === FEED || code === RETURN || code === TAB || code === FORM_FEED
}

/** Text with the white space that is seen. */
class ShownText {
  #text = ''
  #gap = ''
  #begun = false
  #preformatted = 0

  /** What was shown since the last time. */
  take(): string {
    const text = this.#text
    this.#text = ''
    return text
  }

  text(text: string): void {
    if (text === '') return
    if (this.#preformatted > 0) return this.#show(text)
    const words = text.replace(/[ \t\r\n\f]+/g, ' ')
    if (words.startsWith(' ')) this.gap(' ')
    const end = words.endsWith(' ') ? words.length - 1 : words.length
    const start = words.startsWith(' ') ? 1 : 0
    if (end > start) this.#show(words.slice(start, end))
    if (words.endsWith(' ')) this.gap(' ')
  }

  gap(gap: ' ' | '\n'): void {
    if (this.#gap !== '\n') this.#gap = gap
  }

  preformatted(begins: boolean): void {
    this.#preformatted = Math.max(0, this.#preformatted + (begins ? 1 : -1))
  }

  #show(text: string): void {
    this.#text += this.#begun ? this.#gap + text : text
    this.#begun = true
    this.#gap = ''
  }
}

const NAMED_OR_NUMBERED = /&(?:#(\d{1,7})|#[xX]([0-9A-Fa-f]{1,6})|([A-Za-z][A-Za-z0-9]{1,30}));?/g

/** The C1 controls of old pages are those of windows-1252 (HTML section 13.2.5.80). */
const WINDOWS_1252 = '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ'

function decodeEntities(text: string): string {
  if (!text.includes('&')) return text
  return text.replace(NAMED_OR_NUMBERED, (whole, decimal, hex, name) => {
    if (name !== undefined) return ENTITIES.get(String(name)) ?? whole
    const code = decimal === undefined ? Number.parseInt(String(hex), 16) : Number(decimal)
    if (code >= 0x80 && code <= 0x9f) return WINDOWS_1252[code - 0x80] ?? ''
    return code > 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff) ? String.fromCodePoint(code) : '\ufffd'
  })
}
