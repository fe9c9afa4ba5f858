import type { PartBuilder } from './part-builder.ts'
import { toOctets, toText } from './octets.ts'

/** `body` of RFC 3501 section 9 with its extension data, an octet per character. */
export function renderBodyStructure(part: PartBuilder): string {
  if (part.kind === 'multipart') {
    let parts = ''
    for (const child of part.children) parts += renderBodyStructure(child)
    return `(${parts} ${part.front} ${part.extensionFirst} ${part.extension})`
  }
  const size = part.end - part.body
  return `(${part.front} ${size}${typeSpecific(part)} ${part.extensionFirst} ${part.extension})`
}

function typeSpecific(part: PartBuilder): string {
  const [message] = part.children
  if (part.kind === 'message' && message !== undefined) return ` ${message.envelope} ${renderBodyStructure(message)} ${part.lines}`
  return part.type === 'text' ? ` ${part.lines}` : ''
}

const SPACE = 32
const QUOTE = 34
const OPEN = 40
const CLOSE = 41
const BACKSLASH = 92
const OPEN_BRACE = 123

/** type, subtype, parameters, id, description, encoding, octets */
const BODY_FIELDS = 7

/**
 * BODY from BODYSTRUCTURE: the same without extension data (RFC 3501 section 7.4.2). Takes what `MessageScanner`
 * renders and nothing else.
 */
export function bodyOfStructure(bodyStructure: Uint8Array): Uint8Array {
  const stripper = new Stripper(toText(bodyStructure))
  return toOctets(stripper.body())
}

class Stripper {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  body(): string {
    this.#at++
    let kept = '('
    if (this.#text.charCodeAt(this.#at) === OPEN) {
      while (this.#text.charCodeAt(this.#at) === OPEN) kept += this.body()
      kept += this.#take(1)
    } else {
      kept += this.#single()
    }
    while (this.#text.charCodeAt(this.#at) !== CLOSE) this.#take(1)
    this.#at++
    return `${kept})`
  }

  #single(): string {
    const start = this.#at
    this.#skipItem()
    const type = this.#text.slice(start, this.#at).toUpperCase()
    const subtype = this.#take(1).toUpperCase()
    this.#take(BODY_FIELDS - 2)
    if (type === '"TEXT"') this.#take(1)
    const fields = this.#text.slice(start, this.#at)
    if (type !== '"MESSAGE"' || !isWholeMessage(subtype)) return fields
    const envelope = this.#take(1)
    this.#at++
    return `${fields}${envelope} ${this.body()}${this.#take(1)}`
  }

  /** `count` times SP and an item. */
  #take(count: number): string {
    const start = this.#at
    for (let i = 0; i < count; i++) {
      this.#at++
      this.#skipItem()
    }
    return this.#text.slice(start, this.#at)
  }

  #skipItem(): void {
    let depth = 0
    do {
      const code = this.#text.charCodeAt(this.#at)
      if (code === OPEN) depth++
      else if (code === CLOSE) depth--
      if (code === QUOTE) this.#skipQuoted()
      else if (code === OPEN_BRACE) this.#skipLiteral()
      else if (code === OPEN || code === CLOSE || code === SPACE) this.#at++
      else this.#skipAtom()
    } while (depth > 0)
  }

  #skipQuoted(): void {
    for (;;) {
      const code = this.#text.charCodeAt(++this.#at)
      if (code === BACKSLASH) this.#at++
      else if (code === QUOTE) break
    }
    this.#at++
  }

  #skipLiteral(): void {
    const close = this.#text.indexOf('}', this.#at)
    this.#at = close + 3 + Number(this.#text.slice(this.#at + 1, close))
  }

  #skipAtom(): void {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at)
      if (code === SPACE || code === OPEN || code === CLOSE || Number.isNaN(code)) return
      this.#at++
    }
  }
}

function isWholeMessage(subtype: string): boolean {
  return subtype === ' "RFC822"' || subtype === ' "GLOBAL"'
}
