/** A text looked for inside messages. */
export interface Needle {
  /** As `foldCase` leaves it. */
  readonly text: string
  /** `body`: the text parts and the headers of attached messages; `message`: also the message's own header and those of its parts. */
  readonly place: 'body' | 'message'
}

/** Looks for one text in a longer one that comes in slices. */
export class Finder {
  readonly #text: string
  #tail = ''

  constructor(text: string) {
    this.#text = text
  }

  /** Another text begins. */
  restart(): void {
    this.#tail = ''
  }

  /** Whether the text has been found with this slice. */
  found(slice: string): boolean {
    const joined = this.#tail + slice
    if (joined.includes(this.#text)) return true
    const keep = this.#text.length - 1
    this.#tail = keep > 0 ? joined.slice(-keep) : ''
    return false
  }
}
