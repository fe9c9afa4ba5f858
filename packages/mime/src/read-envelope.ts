import { toText } from './octets.ts'

/** An address of an ENVELOPE, an octet per character, `undefined` for NIL. */
export interface EnvelopeAddress {
  readonly name: string | undefined
  readonly mailbox: string | undefined
  readonly host: string | undefined
}

/** What of a rendered ENVELOPE messages are sorted by. Header values as they stand in the message, unfolded. */
export interface EnvelopeSummary {
  readonly date: string | undefined
  readonly subject: string | undefined
  /** The first address of each field; of a group, its name as the mailbox (RFC 3501 section 7.4.2). */
  readonly from: EnvelopeAddress | undefined
  readonly to: EnvelopeAddress | undefined
  readonly cc: EnvelopeAddress | undefined
}

/** Reads the ENVELOPE that `MessageScanner` has rendered. Throws a RangeError when it is damaged. */
export function readEnvelope(octets: Uint8Array): EnvelopeSummary {
  const reader = new EnvelopeReader(toText(octets))
  reader.expect('(')
  const date = reader.nstring()
  const subject = reader.nstring()
  const from = reader.firstAddress()
  reader.firstAddress()
  reader.firstAddress()
  return { date, subject, from, to: reader.firstAddress(), cc: reader.firstAddress() }
}

class EnvelopeReader {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  expect(char: string): void {
    if (!this.#skip(char)) throw new RangeError(`no envelope: ${char} is missing at ${this.#at}`)
  }

  /** With the blank behind it. */
  nstring(): string | undefined {
    const value = this.#string()
    this.#skip(' ')
    return value
  }

  /** The first of an address list, and past the list and the blank behind it. */
  firstAddress(): EnvelopeAddress | undefined {
    if (!this.#skip('(')) {
      this.#nil()
      this.#skip(' ')
      return undefined
    }
    const first = this.#address()
    while (!this.#skip(')')) this.#address()
    this.#skip(' ')
    return first
  }

  #address(): EnvelopeAddress {
    this.expect('(')
    const name = this.nstring()
    this.nstring()
    const mailbox = this.nstring()
    const host = this.#string()
    this.expect(')')
    return { name, mailbox, host }
  }

  #string(): string | undefined {
    if (this.#skip('"')) return this.#quoted()
    if (this.#skip('{')) return this.#literal()
    this.#nil()
    return undefined
  }

  #quoted(): string {
    const start = this.#at
    let escaped = false
    for (; this.#text[this.#at] !== '"'; this.#at++) {
      if (this.#at >= this.#text.length) throw new RangeError('no envelope: a string does not end')
      if (this.#text[this.#at] === '\\') {
        escaped = true
        this.#at++
      }
    }
    const value = this.#text.slice(start, this.#at++)
    return escaped ? value.replace(/\\(.)/g, '$1') : value
  }

  #literal(): string {
    const close = this.#text.indexOf('}\r\n', this.#at)
    const start = close + 3
    const end = start + Number(this.#text.slice(this.#at, close))
    if (close === -1 || !(end <= this.#text.length)) throw new RangeError('no envelope: a literal does not end')
    this.#at = end
    return this.#text.slice(start, end)
  }

  #nil(): void {
    for (const char of 'NIL') this.expect(char)
  }

  #skip(char: string): boolean {
    if (this.#text[this.#at] !== char) return false
    this.#at++
    return true
  }
}
