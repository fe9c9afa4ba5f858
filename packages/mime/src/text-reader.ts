import { charsetDecoder, type CharsetDecoder } from './charset.ts'
import { HtmlReader } from './html.ts'
import type { Part } from './part.ts'
import { transferDecoder, type TransferDecoder } from './transfer.ts'

/**
 * The text of a text part from its octets, in slices: transfer encoding and charset undone, HTML reduced to what is
 * seen. Memory is that of a slice.
 */
export class TextReader {
  readonly #transfer: TransferDecoder
  readonly #charset: CharsetDecoder
  readonly #html: HtmlReader | undefined

  constructor(part: Pick<Part, 'subtype' | 'charset' | 'encoding'>) {
    this.#transfer = transferDecoder(part.encoding)
    this.#charset = charsetDecoder(part.charset)
    this.#html = part.subtype === 'html' || part.subtype === 'xhtml' ? new HtmlReader() : undefined
  }

  write(octets: Uint8Array): string {
    const text = this.#charset.write(this.#transfer.write(octets))
    return this.#html === undefined ? text : this.#html.write(text)
  }

  end(): string {
    const text = this.#charset.write(this.#transfer.end()) + this.#charset.end()
    return this.#html === undefined ? text : this.#html.write(text) + this.#html.end()
  }
}
