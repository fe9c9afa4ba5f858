/** Looks at octets that come in slices. */
export interface OctetCheck {
  push(octets: Uint8Array): void
  /** Something stood in them that must not. */
  readonly broken: boolean
}

/** No NUL. */
export class NulCheck implements OctetCheck {
  broken = false

  push(octets: Uint8Array): void {
    this.broken ||= octets.includes(0)
  }
}

const CR = 13
const LF = 10

/** What a mail server may take for lines: no NUL, CR and LF as CRLF alone, no line longer than `maxLine` octets. */
export class LineCheck implements OctetCheck {
  readonly #maxLine: number
  #broken = false
  #length = 0
  #afterCr = false

  constructor(maxLine: number) {
    this.#maxLine = maxLine
  }

  /** A CR still waits for its LF: as good as broken when nothing more comes. */
  get broken(): boolean {
    return this.#broken || this.#afterCr
  }

  push(octets: Uint8Array): void {
    for (let at = 0; at < octets.length && !this.#broken; at++) {
      const octet = octets[at] ?? 0
      if (octet > CR) {
        if (this.#afterCr || ++this.#length > this.#maxLine) this.#broken = true
      } else this.#control(octet)
    }
  }

  #control(octet: number): void {
    if (this.#afterCr !== (octet === LF) || octet === 0) this.#broken = true
    else if (octet === LF) {
      this.#afterCr = false
      this.#length = 0
    } else if (octet === CR) this.#afterCr = true
    else if (++this.#length > this.#maxLine) this.#broken = true
  }
}

const EQUALS = 61

/** No octet above 127 and no NUL; with `maxLine` the lines that LineCheck wants. Counts what quoted-printable has to quote. */
export class SevenBitCheck implements OctetCheck {
  readonly #lines: LineCheck | undefined
  #broken = false
  /** Octets but line ends that do not stand for themselves in quoted-printable. */
  quoted = 0

  constructor(maxLine?: number) {
    this.#lines = maxLine === undefined ? undefined : new LineCheck(maxLine)
  }

  get broken(): boolean {
    return this.#broken || this.#lines?.broken === true
  }

  push(octets: Uint8Array): void {
    this.#lines?.push(octets)
    let quoted = 0
    for (const octet of octets) {
      if (octet > 126 || octet === EQUALS) quoted++
      if (octet > 127 || octet === 0) this.#broken = true
    }
    this.quoted += quoted
  }
}
