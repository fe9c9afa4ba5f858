import { ENTITIES } from './entities.ts'

/** Elements whose content is not shown, and in which no other tag counts. */
const RAW = new Set(['script', 'style', 'title', 'noscript', 'iframe', 'template'])
const COMMENT = '--'

/** Elements inside a line: the text on both sides of such a tag is one word. */
const INLINE = new Set(
  'a abbr acronym b bdi bdo big cite code data del dfn em font i ins kbd label mark nobr o:p q s samp small span strike strong sub sup time tt u var wbr'.split(
    ' ',
  ),
)

/** A tag that does not end within so many characters is text. */
const MAX_TAG = 64 * 1024
const MAX_ENTITY = 32

const QUOTE = 34
const APOSTROPHE = 39
const LESS = 60
const EQUALS = 61
const GREATER = 62

/**
 * The visible text of HTML, in slices: tags and comments out, entities decoded, block elements as line breaks,
 * nothing of scripts and styles. Not a parser: linear, bounded, and good enough to search and to preview.
 */
export class HtmlReader {
  #rest = ''
  /** The raw element or COMMENT we are in: only its end counts. */
  #raw: string | undefined

  write(html: string): string {
    return this.#read(this.#rest + html, false)
  }

  end(): string {
    return this.#read(this.#rest, true)
  }

  #read(html: string, last: boolean): string {
    this.#rest = ''
    let text = ''
    let at = 0
    while (at < html.length) {
      if (this.#raw !== undefined) {
        const end = this.#endOfRaw(html, at, this.#raw, last)
        if (end === undefined) break
        at = end
        continue
      }
      const mark = html.indexOf('<', at)
      const until = mark < 0 ? this.#textEnd(html, at, last) : mark
      text += decodeEntities(html.slice(at, until))
      at = until
      if (mark < 0) {
        this.#rest = html.slice(at)
        break
      }
      if (html.startsWith('<!--', mark)) {
        this.#raw = COMMENT
        at = mark + 2
        continue
      }
      const end = tagEnd(html, mark)
      if (end === undefined && !last && html.length - mark < MAX_TAG) {
        this.#rest = html.slice(mark)
        break
      }
      if (end === undefined || end === 0) {
        // "a < b" is text; a tag cut off at the end is nothing.
        if (end === 0 || !last) text += '<'
        at = end === undefined && last ? html.length : mark + 1
        continue
      }
      text += this.#markup(html, mark, end)
      at = end
    }
    return text
  }

  /** Where the text can be cut without cutting an entity. */
  #textEnd(html: string, at: number, last: boolean): number {
    if (last) return html.length
    const entity = html.lastIndexOf('&')
    return entity >= at && html.length - entity <= MAX_ENTITY && !html.includes(';', entity) ? entity : html.length
  }

  /** `undefined`: not in this slice. */
  #endOfRaw(html: string, at: number, name: string, last: boolean): number | undefined {
    if (name === COMMENT) {
      const close = html.indexOf('-->', at)
      if (close >= 0) this.#raw = undefined
      else if (!last) this.#rest = html.slice(Math.max(at, html.length - 2))
      return close < 0 ? undefined : close + 3
    }
    const pattern = new RegExp(`</${name}[\\s/>]`, 'gi')
    pattern.lastIndex = at
    const found = pattern.exec(html)
    if (found !== null) {
      this.#raw = undefined
      return found.index
    }
    if (!last) this.#rest = html.slice(Math.max(at, html.length - name.length - 3))
    return undefined
  }

  /** What a tag leaves in the text. */
  #markup(html: string, start: number, end: number): string {
    const match = /^<(\/?)([A-Za-z][^\s/>]*)/.exec(html.slice(start, Math.min(end, start + 64)))
    if (match === null) return ''
    const name = (match[2] ?? '').toLowerCase()
    if (match[1] === '' && RAW.has(name) && html.charCodeAt(end - 2) !== 47) this.#raw = name
    if (INLINE.has(name)) return ''
    if (name === 'td' || name === 'th' || name === 'img') return ' '
    return RAW.has(name) ? '' : '\n'
  }
}

/**
 * Behind the tag that begins at `mark`; 0 when it is none; `undefined` when it does not end here. Quoted attributes
 * may hold `>`; another `<` outside of them means that this was no tag, and keeps the time linear.
 */
function tagEnd(html: string, mark: number): number | undefined {
  if (mark + 1 < html.length && !/[A-Za-z!?/]/.test(html[mark + 1] ?? '')) return 0
  const limit = Math.min(html.length, mark + MAX_TAG)
  for (let at = mark + 1; at < limit; at++) {
    const code = html.charCodeAt(at)
    if (code === GREATER) return at + 1
    if (code === LESS) return 0
    if ((code === QUOTE || code === APOSTROPHE) && html.charCodeAt(at - 1) === EQUALS) {
      at = html.indexOf(html[at] ?? '', at + 1)
      if (at < 0) return undefined
    }
  }
  return undefined
}

function decodeEntities(text: string): string {
  if (!text.includes('&')) return text
  return text.replace(/&(?:#(\d{1,7})|#[xX]([0-9A-Fa-f]{1,6})|([A-Za-z][A-Za-z0-9]{1,30}));?/g, (whole, decimal, hex, name) => {
    if (name !== undefined) return ENTITIES.get(String(name)) ?? whole
    const code = decimal === undefined ? Number.parseInt(String(hex), 16) : Number(decimal)
    return code > 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff) ? String.fromCodePoint(code) : '\ufffd'
  })
}
