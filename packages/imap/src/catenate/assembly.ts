import { StoreError, type BlobWriter, type Mailbox, type MailStore, type StagedBlob } from '@mailstead/store'
import type { LiteralSink, Registry } from '../command.ts'
import { ImapBad, ImapNo } from '../errors.ts'
import type { Pace } from '../pace.ts'
import { withoutNul } from '../staged-message.ts'
import { isMissing, octetsOf, openUrl, readUrl, type UrlContent } from '../urls/open.ts'
import type { Assembling, CatPart } from './part.ts'

/** Octets that a message may have yet. */
export interface Room {
  /** By the limits of the server. */
  readonly message: number
  /** By the quota. */
  readonly quota: number
}

/** A message that is put together from texts as they come, and from URLs as soon as it is their turn (RFC 4469). */
export class Assembly implements Assembling {
  readonly mailbox: Mailbox
  readonly #store: MailStore
  readonly #registry: Registry
  readonly #room: Room
  readonly #pace: Pace
  readonly #writer: BlobWriter
  #blob: StagedBlob | undefined
  /** Parts that are in it. */
  #included = 0
  #holdsNul = false

  constructor(mailbox: Mailbox, store: MailStore, registry: Registry, room: Room, pace: Pace) {
    this.mailbox = mailbox
    this.#store = store
    this.#registry = registry
    this.#room = room
    this.#pace = pace
    this.#writer = store.blobs.stage()
  }

  get size(): number {
    return this.#writer.size
  }

  async include(parts: readonly CatPart[]): Promise<void> {
    for (const part of parts.slice(this.#included)) {
      if (part.kind === 'url') await this.#addUrl(part.text)
      this.#included++
    }
  }

  sink(size: number, binary: boolean): LiteralSink {
    this.#requireRoom(size)
    return {
      write: (octets) => {
        // RFC 3501 section 9: the octets of a literal are CHAR8, which leaves NUL out.
        if (!binary && octets.includes(0)) throw new ImapBad('The message holds NUL')
        return this.#write(octets)
      },
      finish: async () => {
        this.#included++
        return this
      },
      abort: () => this.abort(),
    }
  }

  async finish(): Promise<StagedBlob> {
    if (this.size === 0) throw new ImapNo('A message of no octets is not stored', 'CANNOT')
    this.#blob = await this.#writer.finish()
    if (this.#holdsNul) this.#blob = await withoutNul(this.#blob, this.#store.blobs, this.#pace)
    return this.#blob
  }

  async abort(): Promise<void> {
    await (this.#blob === undefined ? this.#writer.abort() : this.#blob.release())
  }

  async #addUrl(text: string): Promise<void> {
    const url = readUrl(text, this.#registry)
    // RFC 4469 section 3: only what this session may read by itself.
    const content = url === undefined || url.server !== undefined || url.auth !== undefined ? undefined : await openUrl(this.#store, url)
    if (content === undefined) throw badUrl(text)
    this.#requireRoom(content.size)
    try {
      await this.#copy(content)
    } catch (error) {
      throw isMissing(error) ? badUrl(text) : error
    }
  }

  async #copy(content: UrlContent): Promise<void> {
    for await (const octets of octetsOf(content)) {
      await this.#write(octets)
      await this.#pace.pause()
    }
  }

  #write(octets: Uint8Array): Promise<void> | undefined {
    this.#holdsNul ||= octets.includes(0)
    return this.#writer.write(octets)
  }

  #requireRoom(size: number): void {
    const { message, quota } = this.#room
    if (this.size + size > message) throw new ImapNo('The message is too large', 'TOOBIG')
    if (this.size + size > quota) throw new StoreError('over-quota', 'The account is full')
  }
}

/** url-resp-text: no `]`, and one line (RFC 4469 section 5). */
function badUrl(text: string): ImapNo {
  const shown = text.replace(/[^\x20-\x7e]|\]/g, (char) => encodeURIComponent(char)).slice(0, 1000)
  return new ImapNo('The URL names no message here', shown === '' ? 'BADURL ""' : `BADURL ${shown}`)
}
