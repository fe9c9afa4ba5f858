/** A value as IMAP writes it: a string, an atom or a number as text, `null` for NIL, or a list. */
export type ImapValue = string | null | readonly ImapValue[]

/** Reads the value at the start of `text`, an octet per character: lists within lists, quoted strings, literals. Throws on anything else. */
export function readImapValue(text: string): ImapValue {
  return new ValueReader(text).value()
}

class ValueReader {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  value(): ImapValue {
    const char = this.#text[this.#at]
    if (char === '(') return this.#list()
    if (char === '"') return this.#quoted()
    if (char === '{' || char === '~') return this.#literal()
    const atom = /^[^\s()]+/.exec(this.#text.slice(this.#at, this.#at + 200))?.[0]
    if (atom === undefined) throw new Error(`no value at ${this.#at}: ${this.#text.slice(this.#at, this.#at + 40)}`)
    this.#at += atom.length
    return atom.toUpperCase() === 'NIL' ? null : atom
  }

  #list(): ImapValue[] {
    const list: ImapValue[] = []
    this.#at++
    while (this.#text[this.#at] !== ')') {
      if (this.#text[this.#at] === ' ') this.#at++
      else list.push(this.value())
    }
    this.#at++
    return list
  }

  #quoted(): string {
    const match = /"((?:[^"\\]|\\[^])*)"/y
    match.lastIndex = this.#at
    const found = match.exec(this.#text)
    if (found === null) throw new Error(`a quoted string does not end: ${this.#text.slice(this.#at, this.#at + 40)}`)
    this.#at = match.lastIndex
    return (found[1] ?? '').replace(/\\([^])/g, '$1')
  }

  #literal(): string {
    const close = this.#text.indexOf('}\r\n', this.#at)
    const start = close + 3
    this.#at = start + Number(this.#text.slice(this.#text.indexOf('{', this.#at) + 1, close).replace('+', ''))
    if (close < 0 || !(this.#at <= this.#text.length)) throw new Error('a literal does not end')
    return this.#text.slice(start, this.#at)
  }
}
