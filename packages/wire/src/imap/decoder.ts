import { ASTRING_CHAR, ATOM_CHAR, LIST_CHAR, TAG_CHAR } from './characters.ts'
import { parseDate, parseDateTime, type DateTime } from './dates.ts'
import { ImapSyntaxError } from './errors.ts'
import type { DecoderPlace, Frame, Literal } from './frame.ts'
import { ASTERISK, BACKSLASH, COLON, COMMA, CR, latin1, LEFT_BRACE, LF, QUOTE, SP, TILDE, unescape } from './octets.ts'
import { normalizeMailboxName, readMailboxName, type WrittenName } from './mailbox-name.ts'
import { rangeOf, type SequenceRange, type SequenceSet } from './sequence-set.ts'

const MAX_NUMBER = 0xffff_ffff

const utf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * IMAP grammar, one method per ABNF rule of RFC 3501 section 9 (and RFC 9051's where it is wider).
 *
 * The framer has already collected the line and its literals, so this code does no I/O and no waiting. It knows
 * syntax only: whether a mailbox exists or a command is allowed now is decided elsewhere. Every method throws
 * `ImapSyntaxError` and nothing else.
 */
export class ImapDecoder {
  readonly #bytes: Uint8Array
  readonly #literals: readonly Literal[]
  readonly #utf8Names: boolean
  #at = 0
  #origin = 0
  #literal = 0

  /** `utf8Names`: mailbox names are UTF-8 instead of modified UTF-7, as after ENABLE UTF8=ACCEPT or IMAP4rev2. */
  constructor(source: Uint8Array | Frame, options: { readonly utf8Names?: boolean } = {}) {
    this.#bytes = source instanceof Uint8Array ? source : source.line
    this.#literals = source instanceof Uint8Array ? [] : source.literals
    this.#utf8Names = options.utf8Names ?? false
  }

  /** From here on errors count their offsets: the command's name is read. */
  setOrigin(): void {
    this.#origin = this.#at
  }

  /** Where it stands; a decoder of the same command that knows more of it can go on from there. */
  get place(): DecoderPlace {
    return { at: this.#at, literal: this.#literal }
  }

  set place({ at, literal }: DecoderPlace) {
    this.#at = at
    this.#literal = literal
  }

  /** Nothing is left. */
  get atEnd(): boolean {
    return this.#at === this.#bytes.length
  }

  /** The next character, `''` at the end. Does not move. */
  peek(): string {
    const code = this.#bytes[this.#at]
    return code === undefined ? '' : String.fromCharCode(code)
  }

  fail(expected: string): never {
    throw new ImapSyntaxError(`expected ${expected} at offset ${this.#at - this.#origin}`, this.#at - this.#origin)
  }

  space(): void {
    if (this.#bytes[this.#at] !== SP) this.fail('SP')
    this.#at++
  }

  /** The command ends here. */
  end(): void {
    if (!this.atEnd) this.fail('end of command')
  }

  /** Passes over what is left of a command that is refused already. */
  skipRest(): void {
    this.#at = this.#bytes.length
  }

  /** Takes `char` if it stands here. */
  skip(char: string): boolean {
    if (this.#bytes[this.#at] !== char.charCodeAt(0)) return false
    this.#at++
    return true
  }

  expect(char: string): void {
    if (!this.skip(char)) this.fail(JSON.stringify(char))
  }

  /** Takes `word`, in any case, if it stands here as a whole atom. */
  skipWord(word: string): boolean {
    const end = this.#at + word.length
    if (end > this.#bytes.length || ATOM_CHAR[this.#bytes[end] ?? 0] === 1) return false
    if (latin1(this.#bytes, this.#at, end).toUpperCase() !== word) return false
    this.#at = end
    return true
  }

  tag(): string {
    return this.#run(TAG_CHAR, 'a tag')
  }

  atom(): string {
    return this.#run(ATOM_CHAR, 'an atom')
  }

  /** An atom that names something of the protocol, in capitals. */
  word(): string {
    return this.atom().toUpperCase()
  }

  /** The command's name in capitals, `UID FETCH` being one. */
  commandName(): string {
    const name = this.word()
    if (name !== 'UID' || this.#bytes[this.#at] !== SP) return name
    this.space()
    return `UID ${this.word()}`
  }

  /** "(" item *(SP item) ")" */
  list<T>(item: () => T): T[] {
    const items = this.listOrNone(item)
    if (items.length === 0) this.fail('an item in the parentheses')
    return items
  }

  /** "(" [item *(SP item)] ")" */
  listOrNone<T>(item: () => T): T[] {
    this.expect('(')
    const items: T[] = []
    if (this.skip(')')) return items
    for (;;) {
      items.push(item())
      if (this.skip(')')) return items
      this.space()
    }
  }

  /** number = 1*DIGIT, unsigned 32 bits */
  number(): number {
    const value = this.number64()
    if (value > MAX_NUMBER) this.fail('a number below 4294967296')
    return value
  }

  nzNumber(): number {
    const value = this.number()
    if (value === 0) this.fail('a number above zero')
    return value
  }

  /** number64 of RFC 9051, here below 2^53. */
  number64(): number {
    const start = this.#at
    let value = 0
    for (;;) {
      const digit = (this.#bytes[this.#at] ?? 0) - 0x30
      if (digit < 0 || digit > 9) break
      value = value * 10 + digit
      if (value > Number.MAX_SAFE_INTEGER) this.fail('a smaller number')
      this.#at++
    }
    if (this.#at === start) this.fail('a number')
    return value
  }

  /** sequence-set = (seq-number / seq-range) ["," sequence-set] / "$" */
  sequenceSet(): SequenceSet {
    if (this.skip('$')) return '$'
    const set: SequenceRange[] = []
    for (;;) {
      const first = this.#seqNumber()
      let last = first
      if (this.#bytes[this.#at] === COLON) {
        this.#at++
        last = this.#seqNumber()
      }
      set.push(rangeOf(first, last))
      if (this.#bytes[this.#at] !== COMMA) return set
      this.#at++
    }
  }

  #seqNumber(): number {
    if (this.#bytes[this.#at] === ASTERISK) {
      this.#at++
      return 0
    }
    return this.nzNumber()
  }

  /** Whether a sequence-set begins here. */
  get atSequenceSet(): boolean {
    return /^[\d*$]$/.test(this.peek())
  }

  /** astring = 1*ASTRING-CHAR / string, as UTF-8. */
  astring(): string {
    return this.#text(this.astringBytes())
  }

  /** The octets of an astring, for text in a charset of its own. */
  astringBytes(): Uint8Array {
    return this.#atString() ? this.stringBytes() : this.#runBytes(ASTRING_CHAR, 'a string')
  }

  string(): string {
    return this.#text(this.stringBytes())
  }

  /** string = quoted / literal */
  stringBytes(): Uint8Array {
    return this.#bytes[this.#at] === QUOTE ? this.#quoted() : this.#memoryLiteral()
  }

  /** nstring / literal8: octets, NUL among them in a literal8 only (RFC 5464 section 5). */
  value(): Uint8Array | undefined {
    if (this.skipWord('NIL')) return undefined
    const { value, binary } = this.#literals[this.#literal] ?? {}
    if (!this.atLiteral || binary !== true || value?.kind !== 'memory') return this.stringBytes()
    this.#takeLiteral()
    return value.bytes
  }

  /** nstring = string / nil */
  nstring(): string | undefined {
    return this.skipWord('NIL') ? undefined : this.string()
  }

  /** mailbox = "INBOX" / astring: the name in NFC Unicode, INBOX in capitals also as a superior name. */
  mailbox(): string {
    return this.writtenMailbox().name
  }

  /** The same, and the name as the client wrote it: it may be the same name in other characters (RFC 9051 section 6.3.9.7). */
  writtenMailbox(): WrittenName {
    const start = this.#at
    const written = readMailboxName(this.astringBytes(), this.#utf8Names)
    if (written === undefined) {
      this.#at = start
      this.fail(this.#utf8Names ? 'a mailbox name in UTF-8' : 'a mailbox name in modified UTF-7 or UTF-8')
    }
    return { name: normalizeMailboxName(written), written }
  }

  /** list-mailbox = 1*list-char / string. `undefined`: can match no name (RFC 5258 section 3: ignore it). */
  listMailbox(): string | undefined {
    const bytes = this.#atString() ? this.stringBytes() : this.#runBytes(LIST_CHAR, 'a mailbox pattern')
    const written = readMailboxName(bytes, this.#utf8Names)
    return written === undefined ? undefined : normalizeMailboxName(written)
  }

  /** flag-fetch = flag / "\Recent" */
  flagFetch(): string {
    return this.skip('\\') ? `\\${this.atom()}` : this.atom()
  }

  /** flag = "\" atom / atom. \Recent is refused: no client may set it. */
  flag(): string {
    const start = this.#at
    const name = this.flagFetch()
    if (name.toLowerCase() === '\\recent') {
      this.#at = start
      this.fail('a flag that can be changed')
    }
    return name
  }

  /** flag-list = "(" [flag *(SP flag)] ")" */
  flagList(): string[] {
    return this.listOrNone(() => this.flag())
  }

  /** date-time = DQUOTE date-day-fixed "-" date-month "-" date-year SP time SP zone DQUOTE */
  dateTime(): DateTime {
    const start = this.#at
    if (this.#bytes[start] !== QUOTE) this.fail('a date-time')
    const value = parseDateTime(latin1(this.#quoted()))
    if (value === undefined) {
      this.#at = start
      this.fail('a date-time')
    }
    return value
  }

  /** date = date-text / DQUOTE date-text DQUOTE: midnight of that day, UTC, in milliseconds. */
  date(): number {
    const start = this.#at
    const text = this.#bytes[start] === QUOTE ? latin1(this.#quoted()) : this.atom()
    const value = parseDate(text)
    if (value === undefined) {
      this.#at = start
      this.fail('a date')
    }
    return value
  }

  /** base64 up to the next space or the end, undecoded. */
  base64(): string {
    const start = this.#at
    while (this.#at < this.#bytes.length && this.#bytes[this.#at] !== SP) this.#at++
    return latin1(this.#bytes, start, this.#at)
  }

  /** A literal that a sink has taken, or whose taking is being asked for now. */
  literal(): Literal {
    return this.#takeLiteral()
  }

  /** The literal that is being asked about stands here. */
  get atAnnounced(): boolean {
    return this.atLiteral && this.#literals[this.#literal]?.value.kind === 'announced'
  }

  get atLiteral(): boolean {
    const code = this.#bytes[this.#at]
    return code === LEFT_BRACE || (code === TILDE && this.#bytes[this.#at + 1] === LEFT_BRACE)
  }

  #atString(): boolean {
    return this.#bytes[this.#at] === QUOTE || this.#bytes[this.#at] === LEFT_BRACE
  }

  #memoryLiteral(): Uint8Array {
    const start = this.#at
    const { value, binary } = this.#takeLiteral()
    if (value.kind !== 'memory' || binary) {
      this.#at = start
      this.fail('a string')
    }
    if (value.bytes.includes(0)) this.fail('no NUL in the literal before here')
    return value.bytes
  }

  #takeLiteral(): Literal {
    const literal = this.#literals[this.#literal]
    if (!this.atLiteral || literal === undefined) this.fail('a string')
    const announcement = latin1(this.#bytes, this.#at, literal.at)
    if (!/^~?\{\d+\+?\}$/.test(announcement)) this.fail('a string')
    this.#at = literal.at
    this.#literal++
    return literal
  }

  /** quoted = DQUOTE *QUOTED-CHAR DQUOTE. Octets above 127 pass: clients send UTF-8 here without asking. */
  #quoted(): Uint8Array {
    this.expect('"')
    const start = this.#at
    let escapes = 0
    for (;;) {
      const code = this.#bytes[this.#at]
      if (code === QUOTE) break
      if (code === undefined || code === CR || code === LF || code === 0) this.fail('the end of a quoted string')
      if (code === BACKSLASH) {
        const escaped = this.#bytes[++this.#at]
        if (escaped !== QUOTE && escaped !== BACKSLASH) this.fail('" or \\ after \\')
        escapes++
      }
      this.#at++
    }
    const inner = this.#bytes.subarray(start, this.#at++)
    return escapes === 0 ? inner : unescape(inner, escapes)
  }

  #run(allowed: Uint8Array, expected: string): string {
    const start = this.#at
    return latin1(this.#bytes, start, this.#pass(allowed, expected))
  }

  #runBytes(allowed: Uint8Array, expected: string): Uint8Array {
    const start = this.#at
    return this.#bytes.subarray(start, this.#pass(allowed, expected))
  }

  /** Goes on behind what is allowed, at least one; returns where that is. */
  #pass(allowed: Uint8Array, expected: string): number {
    const start = this.#at
    while (allowed[this.#bytes[this.#at] ?? 0] === 1) this.#at++
    if (this.#at === start) this.fail(expected)
    return this.#at
  }

  #text(bytes: Uint8Array): string {
    try {
      return utf8.decode(bytes)
    } catch {
      return this.fail('UTF-8 in the string before here')
    }
  }
}
