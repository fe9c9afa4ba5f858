import { createHash, type Hash } from 'node:crypto'
import { HeaderHold, readHeader, type HeaderField } from '@mailstead/mime'
import { MAX_HEADER } from './limits.ts'
import { RelaxedBody } from './relaxed.ts'

/** All that signatures need of a message. */
export interface DigestedMessage {
  readonly fields: readonly HeaderField[]
  /** SHA-256 of the relaxed body, in base64: the value of `bh`. */
  readonly bodyHash: string
}

/** Reads a message in any slices for those who sign it. Keeps its header, of at most MAX_HEADER octets, and nothing of its body. */
export class MessageDigest {
  readonly #body = new RelaxedBody<Hash>(createHash('sha256'))
  #hold: HeaderHold | undefined = new HeaderHold(MAX_HEADER)
  /** `undefined` behind the hold: there is more header than is kept. */
  #header: Uint8Array | undefined

  /** `chunk` may change afterwards. */
  write(chunk: Uint8Array): void {
    if (this.#hold === undefined) {
      if (this.#header !== undefined) this.#body.write(chunk)
      return
    }
    const held = this.#hold.push(chunk)
    if (held === undefined) return
    this.#hold = undefined
    if (held.truncated) return
    this.#header = held.header
    this.#body.write(held.rest)
  }

  /** `undefined` when the header is too big. */
  finish(): DigestedMessage | undefined {
    const header = this.#hold?.finish().header ?? this.#header
    if (header === undefined) return undefined
    return { fields: readHeader(header), bodyHash: this.#body.finish().digest('base64') }
  }
}
