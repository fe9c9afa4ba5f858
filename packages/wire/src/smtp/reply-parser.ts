import { OctetQueue } from '../octet-queue.ts'

/** A server's reply, all lines of it. */
export interface PeerReply {
  /** 200…599, of its last line: servers that change their mind midway mean the end. */
  readonly code: number
  /** `2.1.5`, where the reply begins with a code of its own class (RFC 2034 section 4). */
  readonly enhanced: string | undefined
  /** What stands behind the codes of the lines, enhanced code included; control characters are spaces. At least one. */
  readonly lines: readonly string[]
}

/** Octets of a line with its end. RFC 5321 section 4.5.3.1.5 allows 512, links to explanations are longer. */
export const MAX_REPLY_LINE = 2048
/** Lines of a reply. */
export const MAX_REPLY_LINES = 128

const LF = 0x0a
const UTF8 = new TextDecoder('utf-8', { ignoreBOM: true })

/** What came is no reply, or goes past the limits; nothing behind it can be trusted. */
export class SmtpReplyError extends Error {
  override name = 'SmtpReplyError'
}

/**
 * Cuts a server's octets into replies (RFC 5321 section 4.2). Does no I/O: `push` takes what came, `next` gives the next
 * reply or `undefined` when more octets are needed. LF alone ends a line too, since there are servers that send it.
 */
export class SmtpReplyParser {
  readonly #queue = new OctetQueue()
  /** The beginning of a line whose end has not come, in copies. */
  #open: Uint8Array[] = []
  #openSize = 0
  #lines: string[] = []
  #broken: SmtpReplyError | undefined

  /** Octets taken and not yet looked at. */
  get buffered(): number {
    return this.#queue.size
  }

  /** Nothing of a reply has come: the server has said all that it began to say. */
  get idle(): boolean {
    return this.#queue.size === 0 && this.#openSize === 0 && this.#lines.length === 0
  }

  push(chunk: Uint8Array): void {
    this.#queue.push(chunk)
  }

  /** Throws SmtpReplyError, and again at each call. */
  next(): PeerReply | undefined {
    if (this.#broken !== undefined) throw this.#broken
    for (;;) {
      const line = this.#line()
      if (line === undefined) return undefined
      const [, code, mark, text = ''] = /^([2-5]\d\d)(?:([ -])(.*))?$/s.exec(line) ?? []
      if (code === undefined) throw this.#fail(`no reply: ${clean(line.slice(0, 80))}`)
      this.#lines.push(clean(text))
      if (mark !== '-') return this.#reply(Number(code))
      if (this.#lines.length >= MAX_REPLY_LINES) throw this.#fail(`a reply of more than ${MAX_REPLY_LINES} lines`)
    }
  }

  #fail(message: string): SmtpReplyError {
    this.#broken = new SmtpReplyError(message)
    return this.#broken
  }

  #reply(code: number): PeerReply {
    const lines = this.#lines
    this.#lines = []
    return { code, enhanced: enhancedCode(code, lines.at(-1) ?? ''), lines }
  }

  /** Without its end, and without spaces in front of it. */
  #line(): string | undefined {
    for (;;) {
      const piece = this.#queue.upTo(LF)
      if (piece === undefined) return undefined
      this.#openSize += piece.length
      if (this.#openSize > MAX_REPLY_LINE) throw this.#fail(`a line of more than ${MAX_REPLY_LINE} octets`)
      this.#open.push(this.#queue.found ? piece : Uint8Array.from(piece))
      if (!this.#queue.found) continue
      const line = UTF8.decode(this.#open.length === 1 ? piece : joined(this.#open, this.#openSize))
      this.#open = []
      this.#openSize = 0
      return line.replace(/[ \t\r]{1,64}$/, '')
    }
  }
}

function joined(pieces: readonly Uint8Array[], size: number): Uint8Array {
  const octets = new Uint8Array(size)
  let at = 0
  for (const piece of pieces) {
    octets.set(piece, at)
    at += piece.length
  }
  return octets
}

/** C1 controls and separators of lines too: the text reaches logs, reports and terminals. */
function clean(text: string): string {
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, ' ')
}

/** status-code ::= class "." subject "." detail, RFC 2034 section 4; of another class than the reply it says nothing. */
function enhancedCode(code: number, text: string): string | undefined {
  const [, enhanced] = /^([245]\.\d{1,3}\.\d{1,3})(?: |$)/.exec(text) ?? []
  return enhanced?.startsWith(String(code).charAt(0)) === true ? enhanced : undefined
}
