import { readFileSync } from 'node:fs'

/** The named characters of HTML 4, from its own list. */
const NAMED = JSON.parse(readFileSync(new URL('html4-entities.json', import.meta.url), 'utf8')) as Readonly<Record<string, number>>

const HIDDEN = ['script', 'style', 'title', 'iframe', 'template', 'noembed', 'noframes']
const IN_LINE =
  'a abbr acronym b bdi bdo big cite code data del dfn em font i ins kbd label mark nobr o:p q s samp small span strike strong sub sup time tt u var wbr'
const A_BLANK = ['td', 'th', 'img']

/** What is shown of a page, as the tokenizer of HTML's standard (section 13.2.5) sees it; nothing is laid out. */
export function shownText(html: string): string {
  const shown = new Shown()
  let at = 0
  let text = ''
  const flush = (): void => {
    shown.text(withoutEntities(text))
    text = ''
  }
  while (at < html.length) {
    const rest = html.slice(at, at + 5)
    if (/^<[a-z]/i.test(rest) || /^<\/[a-z]/i.test(rest)) {
      flush()
      const tag = readTag(html, at)
      if (tag === undefined) break
      at = tag.end
      at = shown.tag(tag) ? endOfHidden(html, at, tag.name) : at
    } else if (rest.startsWith('<!--')) {
      flush()
      at = endOfComment(html, at + 4)
    } else if (/^<[!?/]/.test(rest) && (rest[1] !== '/' || rest.length > 2)) {
      flush()
      const end = html.indexOf('>', at + 2)
      at = end === -1 ? html.length : end + 1
    } else {
      text += html[at++]
    }
  }
  flush()
  return shown.result
}

interface Tag {
  readonly name: string
  readonly closing: boolean
  readonly selfClosing: boolean
  /** Behind its `>`. */
  readonly end: number
}

/** `undefined`: the page ends inside. */
function readTag(html: string, start: number): Tag | undefined {
  const closing = html[start + 1] === '/'
  let at = start + (closing ? 2 : 1)
  let name = ''
  while (at < html.length && !/[ \t\r\n\f/>]/.test(html[at] ?? '')) name += html[at++]
  for (;;) {
    while (/[ \t\r\n\f/]/.test(html[at] ?? '')) at++
    if (at >= html.length) return undefined
    if (html[at] === '>') return { name: name.toLowerCase(), closing, selfClosing: html[at - 1] === '/', end: at + 1 }
    // An attribute: its name, of which `=` may be the first letter, and perhaps a value.
    at++
    while (at < html.length && !/[ \t\r\n\f/>=]/.test(html[at] ?? '')) at++
    let value = at
    while (/[ \t\r\n\f]/.test(html[value] ?? '')) value++
    if (html[value] !== '=') continue
    at = value + 1
    while (/[ \t\r\n\f]/.test(html[at] ?? '')) at++
    const quote = html[at]
    if (quote === '"' || quote === "'") {
      const end = html.indexOf(quote, at + 1)
      if (end === -1) return undefined
      at = end + 1
    } else while (at < html.length && !/[ \t\r\n\f>]/.test(html[at] ?? '')) at++
  }
}

function endOfComment(html: string, at: number): number {
  if (html[at] === '>') return at + 1
  if (html.startsWith('->', at)) return at + 2
  const end = /--!?>/g
  end.lastIndex = at
  return end.exec(html) === null ? html.length : end.lastIndex
}

function endOfHidden(html: string, at: number, name: string): number {
  const end = html.slice(at).search(new RegExp(`</${name}[ \\t\\r\\n\\f/>]`, 'i'))
  return end === -1 ? html.length : at + end
}

/** Text with the white space that is seen. */
class Shown {
  result = ''
  #gap = ''
  #preformatted = 0

  text(text: string): void {
    if (this.#preformatted > 0) {
      if (text !== '') this.#show(text)
      return
    }
    for (const word of text.split(/([ \t\r\n\f]+)/)) {
      if (/^[ \t\r\n\f]+$/.test(word)) this.#gap ||= ' '
      else if (word !== '') this.#show(word)
    }
  }

  /** Whether what follows is hidden. */
  tag({ name, closing, selfClosing }: Tag): boolean {
    if (name === 'pre') this.#preformatted = closing ? Math.max(0, this.#preformatted - 1) : this.#preformatted + 1
    if (HIDDEN.includes(name)) return !closing && !selfClosing
    if (A_BLANK.includes(name)) this.#gap ||= ' '
    else if (!IN_LINE.split(' ').includes(name)) this.#gap = '\n'
    return false
  }

  #show(text: string): void {
    if (this.result !== '') this.result += this.#gap
    this.#gap = ''
    this.result += text
  }
}

function withoutEntities(text: string): string {
  return text.replace(/&(#\d{1,7}|#x[0-9a-f]{1,6}|[a-z][a-z0-9]{1,30});?/gi, (whole, name: string) => {
    if (!name.startsWith('#')) return Object.hasOwn(NAMED, name) ? String.fromCodePoint(NAMED[name] ?? 0) : whole
    const code = /^#x/i.test(name) ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1))
    // Section 13.2.5.80: old pages mean windows-1252.
    if (code >= 128 && code <= 159) return new TextDecoder('windows-1252').decode(Uint8Array.of(code))
    return code > 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff) ? String.fromCodePoint(code) : '\ufffd'
  })
}
