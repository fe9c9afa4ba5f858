import { trimBlanks } from './octets.ts'
import { isSpace, readComment, readQuoted, skipComments, skipSpace } from './lexer.ts'

/** A mailbox of RFC 5322 section 3.4, quoting removed, encoded words as they stand, an octet per character. */
export interface MailboxAddress {
  readonly kind: 'mailbox'
  /** Display name, or the comment behind a bare address; `undefined` when there is neither. */
  readonly name: string | undefined
  /** Source route of RFC 5322 section 4.4, `@a,@b`. */
  readonly route: string | undefined
  readonly local: string
  /** Empty where the address has none. */
  readonly domain: string
}

/** A group of RFC 5322 section 3.4 appears as its start, its mailboxes, its end. */
export type AddressListItem = MailboxAddress | { readonly kind: 'group'; readonly name: string } | { readonly kind: 'group-end' }

const QUOTE = 34
const OPEN = 40
const CLOSE = 41
const COMMA = 44
const COLON = 58
const SEMICOLON = 59
const LESS = 60
const GREATER = 62
const AT = 64
const OPEN_BRACKET = 91

/** Ends an atom of a phrase: white space and the specials that this reader gives a meaning to. */
const DELIMITER = new Uint8Array(256)
for (const char of ' \t\r\n"(),:;<>@') DELIMITER[char.charCodeAt(0)] = 1

/**
 * Reads an address list, groups, routes, comments and the obsolete forms of RFC 5322 section 4.4 included. Takes
 * anything: what is no address becomes one with an empty domain, so that a reader still sees it.
 */
export function parseAddressList(text: string): AddressListItem[] {
  return new AddressReader(text).list()
}

interface Words {
  /** As a phrase; `undefined` when there is no word. */
  readonly text: string | undefined
  /** The last of them, or the last with dots between, as a local part. */
  readonly local: string
  /** Those before it, as a phrase. */
  readonly before: string | undefined
  readonly comment: string | undefined
}

class AddressReader {
  readonly #text: string
  readonly #items: AddressListItem[] = []
  #at = 0
  #inGroup = false

  constructor(text: string) {
    this.#text = text
  }

  list(): AddressListItem[] {
    const text = this.#text
    for (;;) {
      this.#at = skipSpace(text, this.#at)
      if (this.#at >= text.length) break
      const code = text.charCodeAt(this.#at)
      if (code === COMMA || code === GREATER || code === CLOSE) this.#at++
      else if (code === SEMICOLON) this.#endGroup()
      else this.#item()
    }
    if (this.#inGroup) this.#items.push({ kind: 'group-end' })
    return this.#items
  }

  #endGroup(): void {
    this.#at++
    if (this.#inGroup) this.#items.push({ kind: 'group-end' })
    this.#inGroup = false
  }

  #item(): void {
    const text = this.#text
    const words = this.#words()
    const code = text.charCodeAt(this.#at)
    if (code === LESS) return this.#angle(words.text)
    if (code === COLON) {
      this.#at++
      if (this.#inGroup) return
      this.#inGroup = true
      this.#items.push({ kind: 'group', name: words.text ?? '' })
      return
    }
    if (code !== AT) {
      // One word is a mailbox of this host, several are somebody's name.
      if (words.text?.includes(' ') === true) this.#mailbox(words.text, undefined, '', '')
      else if (words.text !== undefined) this.#mailbox(words.comment, undefined, words.local, '')
      return
    }
    this.#at++
    const domain = this.#domain()
    // Seen often: "Ann Example a@b", without angle brackets.
    const name = words.before ?? domain.comment ?? words.comment
    // Seen often: the address itself, unquoted, as display name.
    if (text.charCodeAt(this.#at) === LESS) return this.#angle(`${words.text ?? ''}@${domain.text}`)
    this.#mailbox(name, undefined, words.local, domain.text)
  }

  /** Words with one space where there was any white space between them. */
  #words(): Words {
    const text = this.#text
    let value: string | undefined
    let local = ''
    let before: string | undefined
    let comment: string | undefined
    let spaced = false
    let dotted = false
    for (;;) {
      const code = text.charCodeAt(this.#at)
      let word: string
      if (isSpace(code)) {
        spaced = true
        this.#at = skipSpace(text, this.#at)
        continue
      } else if (code === OPEN) {
        const read = readComment(text, this.#at)
        comment = trimBlanks(read.text)
        this.#at = read.end
        continue
      } else if (code === QUOTE) {
        const read = readQuoted(text, this.#at)
        word = read.text
        this.#at = read.end
      } else {
        word = this.#atom()
        if (word === '') return { text: value, local, before, comment }
      }
      // obs-local-part: white space around the dots says nothing.
      const continues = value === undefined || dotted || word.startsWith('.')
      if (!continues) before = value
      local = continues ? local + word : word
      value = value === undefined ? word : spaced ? `${value} ${word}` : value + word
      dotted = word.endsWith('.')
      spaced = false
    }
  }

  #atom(): string {
    const start = this.#at
    let at = start
    while (at < this.#text.length && DELIMITER[this.#text.charCodeAt(at)] === 0) at++
    this.#at = at
    return this.#text.slice(start, at)
  }

  /** Behind the `@`. White space and comments between its parts are dropped. */
  #domain(): { text: string; comment: string | undefined } {
    const text = this.#text
    let value = ''
    let comment: string | undefined
    let spaced = false
    let dotted = false
    for (;;) {
      const code = text.charCodeAt(this.#at)
      if (isSpace(code)) {
        spaced = true
        this.#at = skipSpace(text, this.#at)
      } else if (code === OPEN) {
        const read = readComment(text, this.#at)
        comment = trimBlanks(read.text)
        this.#at = read.end
      } else if (code === OPEN_BRACKET) {
        const close = text.indexOf(']', this.#at)
        const end = close < 0 ? text.length : close + 1
        value += text.slice(this.#at, end)
        this.#at = end
      } else if (code === AT || code === QUOTE) {
        value += text[this.#at]
        this.#at++
      } else {
        const start = this.#at
        const atom = this.#atom()
        if (atom === '') return { text: value, comment }
        // Two words are no domain: the second begins something else.
        if (spaced && value !== '' && !dotted && !atom.startsWith('.')) {
          this.#at = start
          return { text: value, comment }
        }
        value += atom
        dotted = atom.endsWith('.')
      }
      if (!isSpace(code)) spaced = false
    }
  }

  /** angle-addr; `this.#at` is its `<`. A missing `>` is forgiven. */
  #angle(name: string | undefined): void {
    const text = this.#text
    while (text.charCodeAt(this.#at) === LESS) this.#at++
    this.#at = skipComments(text, this.#at)
    const route = this.#route()
    const words = this.#words()
    let local = words.text ?? ''
    let domain = ''
    if (text.charCodeAt(this.#at) === AT) {
      this.#at++
      local = words.before === undefined ? words.local : `${words.before} ${words.local}`
      domain = this.#domain().text
    }
    if (text.charCodeAt(this.#at) !== GREATER) this.#skipTo(GREATER)
    this.#at++
    const behind = this.#words()
    this.#mailbox(name ?? behind.comment, route, local, domain)
  }

  /** obs-route = "@a,@b:" */
  #route(): string | undefined {
    const text = this.#text
    if (text.charCodeAt(this.#at) !== AT) return undefined
    const hops: string[] = []
    while (text.charCodeAt(this.#at) === AT) {
      this.#at++
      hops.push(`@${this.#domain().text}`)
      this.#at = skipComments(text, this.#at)
      while (text.charCodeAt(this.#at) === COMMA) this.#at = skipComments(text, this.#at + 1)
    }
    if (text.charCodeAt(this.#at) === COLON) this.#at++
    return hops.join(',')
  }

  /** Leaves what a broken angle-addr holds, at most up to the next comma. */
  #skipTo(code: number): void {
    while (this.#at < this.#text.length) {
      const here = this.#text.charCodeAt(this.#at)
      if (here === code) return
      if (here === COMMA) {
        this.#at--
        return
      }
      this.#at++
    }
  }

  #mailbox(name: string | undefined, route: string | undefined, local: string, domain: string): void {
    if (local === '' && domain === '' && name === undefined) return
    this.#items.push({ kind: 'mailbox', name, route, local, domain })
  }
}
