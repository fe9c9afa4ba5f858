import { encodeMailboxName, formatSet, formatString } from '@mailstead/wire'
import type { Output } from '@mailstead/net'

/** Some 64 KiB of lines that are all alike. */
const LINES_AT_ONCE = 4096

/** A name and its attributes, as LIST, LSUB and XLIST print it. */
export interface ListedMailbox {
  readonly attributes: readonly string[]
  readonly name: string
  /** Extended data in its parentheses, as `("CHILDINFO" ("SUBSCRIBED"))`. */
  readonly extended?: string
  /** What it was called before, or how the client wrote it (RFC 9051 section 6.3.9.7). */
  readonly oldName?: string
}

/** A message's sequence number and UID. */
export interface MessageNumbers {
  readonly number: number
  readonly uid: number
}

/** Untagged responses, one method per rule of RFC 3501 section 7. Text is one character an octet. */
export class Responder {
  readonly #output: Output
  #utf8Names = false
  #uidOnly = false
  #betweenResponses = true

  constructor(output: Output) {
    this.#output = output
  }

  set utf8Names(on: boolean) {
    this.#utf8Names = on
  }

  /** The client knows UIDs only (RFC 9586). */
  set uidOnly(on: boolean) {
    this.#uidOnly = on
  }

  get uidOnly(): boolean {
    return this.#uidOnly
  }

  /** Nothing is half written, for sure: after pieces, which `write` cannot tell from whole responses, not until the tagged one. */
  get betweenResponses(): boolean {
    return this.#betweenResponses
  }

  /** `* text` */
  untagged(text: string): void {
    this.#output.write(`* ${text}\r\n`)
  }

  /** Part of a response that the caller composes itself, line ends included. */
  write(text: string): void {
    this.#betweenResponses = false
    this.#output.write(text)
  }

  /** Octets of a literal or of a prerendered part. They must not change afterwards. */
  bytes(octets: Uint8Array): void {
    this.#betweenResponses = false
    this.#output.bytes(octets)
  }

  /** To be awaited after every few kilobytes: waits while the client is behind. Throws `ConnectionLost` when it is gone. */
  drain(): Promise<void> | undefined {
    return this.#output.drain()
  }

  /** Sends what is gathered: for continuations, and for what must not wait for the command's end. */
  flush(): void {
    this.#output.flush()
  }

  /** The same, together with what else is answered in this turn. */
  flushSoon(): void {
    this.#output.flushSoon()
  }

  /** `+ text`: the client may go on. */
  continue(text: string): void {
    this.#output.write(`+ ${text}\r\n`)
    this.#output.flush()
  }

  /** Calls back when all that is written so far has left. */
  whenSent(action: () => void): void {
    this.#output.whenSent(action)
  }

  ok(code: string, text: string): void {
    this.untagged(`OK [${code}] ${text}`)
  }

  no(code: string, text: string): void {
    this.untagged(`NO [${code}] ${text}`)
  }

  bye(text: string, code?: string): void {
    this.untagged(code === undefined ? `BYE ${text}` : `BYE [${code}] ${text}`)
  }

  tagged(tag: string, status: 'OK' | 'NO' | 'BAD', code: string | undefined, text: string): void {
    this.#betweenResponses = true
    this.#output.write(code === undefined ? `${tag} ${status} ${text}\r\n` : `${tag} ${status} [${code}] ${text}\r\n`)
  }

  exists(count: number): void {
    this.untagged(`${count} EXISTS`)
  }

  recent(count: number): void {
    this.untagged(`${count} RECENT`)
  }

  /** `times`: as many messages have left this place, one after the other. */
  expunge(number: number, times: number): void {
    const line = `* ${number} EXPUNGE\r\n`
    for (let left = times; left > 0; left -= LINES_AT_ONCE) this.#output.write(line.repeat(Math.min(left, LINES_AT_ONCE)))
  }

  /** UIDs, ascending (RFC 7162 section 3.2.10.2). */
  vanished(uids: ArrayLike<number>): void {
    this.untagged(`VANISHED ${formatSet(uids)}`)
  }

  /** How a response about a message begins; its items, `)` and a line end follow. */
  message({ number, uid }: MessageNumbers): string {
    return this.#uidOnly ? `* ${uid} UIDFETCH (` : `* ${number} FETCH (`
  }

  /** `flags` with its parentheses; `tellUid` where the client shall know which message it is; `modSeq` for one that knows modseqs. */
  flags(message: MessageNumbers, flags: string, tellUid: boolean, modSeq?: number): void {
    const uid = tellUid ? this.#uidItem(message) : ''
    this.#output.write(`${this.message(message)}${uid}FLAGS ${flags}${modSeq === undefined ? '' : ` MODSEQ (${modSeq})`})\r\n`)
  }

  /** The client knows the flags (RFC 7162 section 3.1.3). */
  modSeq(message: MessageNumbers, modSeq: number): void {
    this.#output.write(`${this.message(message)}${this.#uidItem(message)}MODSEQ (${modSeq}))\r\n`)
  }

  #uidItem({ uid }: MessageNumbers): string {
    return this.#uidOnly ? '' : `UID ${uid} `
  }

  list(response: 'LIST' | 'LSUB' | 'XLIST', { attributes, name, extended, oldName }: ListedMailbox): void {
    const more = oldName === undefined ? extended : `("OLDNAME" (${this.mailbox(oldName)}))`
    this.untagged(`${response} (${attributes.join(' ')}) "/" ${this.mailbox(name)}${more === undefined ? '' : ` ${more}`}`)
  }

  status(name: string, items: readonly string[]): void {
    this.untagged(`STATUS ${this.mailbox(name)} (${items.join(' ')})`)
  }

  /** A mailbox name as this session writes it. */
  mailbox(name: string): string {
    if (name === 'INBOX') return name
    if (!this.#utf8Names) return formatString(encodeMailboxName(name))
    // RFC 6855 section 3: UTF-8 stands in quoted strings once it is accepted.
    return `"${Buffer.from(name, 'utf8').toString('latin1').replace(/[\\"]/g, '\\$&')}"`
  }
}
