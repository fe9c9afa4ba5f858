import assert from 'node:assert/strict'
import { Truth, type Shared } from './truth.ts'

/** A text that somebody stored. */
interface Text {
  readonly text: string
  readonly begun: number
  /** The octets it is stored as: a delivery puts lines in front. */
  stored: string | undefined
  /** A delivery of it was answered with 250, but with no UID. */
  delivered: boolean
  /** Something other than EXPUNGE and MOVE may have removed a message with it. */
  removable: boolean
  /** Acts that may have stored it somewhere though nobody learnt where. */
  loose: number
}

/** What all clients together were told and did, in one order of time. Shared by the clients of a run. */
export class World implements Shared {
  readonly texts = new Map<string, Text>()
  /** UIDVALIDITY by mailbox. */
  readonly validities = new Map<string, string>()
  /** Is given every line that is said. */
  readonly trace: ((line: string) => void) | undefined
  readonly #mailboxes = new Map<string, Truth>()
  /** Messages whose text nobody has read through IMAP may have been removed by others. */
  removesUnseen = false
  #ticks = 0
  #texts = 0
  #modSeq = 0

  constructor(trace?: (line: string) => void) {
    this.trace = trace
  }

  /** The next moment: nothing happens at the same. */
  tick(): number {
    return ++this.#ticks
  }

  /** The highest modseq that anybody was told. Whatever is begun now is above it, as one counter serves the account. */
  get modSeq(): number {
    return this.#modSeq
  }

  sawModSeq(modSeq: number): void {
    this.#modSeq = Math.max(this.#modSeq, modSeq)
  }

  mailbox(name: string): Truth {
    let truth = this.#mailboxes.get(name)
    if (truth === undefined) this.#mailboxes.set(name, (truth = new Truth(name, this)))
    return truth
  }

  get mailboxes(): readonly Truth[] {
    return [...this.#mailboxes.values()]
  }

  /** A message that there was not before. */
  write(by: string, filler: number): string {
    const name = `${by}.${++this.#texts}`
    const text = `Subject: ${name}\r\n\r\n${'x'.repeat(filler)}\r\n`
    this.texts.set(name, { text, begun: this.tick(), stored: undefined, delivered: false, removable: false, loose: 0 })
    return text
  }

  /** The name of a message's text; fails when it is not one of ours, octet by octet. */
  nameOf(body: string, where: string): string {
    const trace = /^(?:(?:Return-Path|Delivered-To|Received): [^\r]*\r\n(?:[ \t][^\r]*\r\n)*)*/.exec(body)?.[0] ?? ''
    const name = /^Subject: (\S+)\r\n/.exec(body.slice(trace.length))?.[1] ?? ''
    const text = this.texts.get(name)
    assert.equal(body.slice(trace.length), text?.text, `${where} has a text that nobody stored`)
    assert.equal(body, text?.stored ?? body, `${where} has other octets than before`)
    if (text !== undefined) text.stored = body
    return name
  }

  /** It is in `mailbox`, under a UID that nobody told. */
  delivered(name: string, mailbox: string): void {
    const text = this.texts.get(name)
    if (text !== undefined) text.delivered = true
    this.mailbox(mailbox).arrived++
  }

  /** A POP3 client may have removed messages with the text. */
  mayRemove(name: string): void {
    const text = this.texts.get(name)
    if (text !== undefined) text.removable = true
    this.removesUnseen = true
  }

  /** It is not known whether the act happened. */
  loose(name: string): void {
    const text = this.texts.get(name)
    if (text !== undefined) text.loose++
  }
}
