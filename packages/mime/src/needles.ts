import { readTexts, type TextPlace, type TextSlice, type TextSource } from './message-text.ts'

/** A text looked for inside messages. */
export interface TextNeedle {
  /** As `foldCase` leaves it. */
  readonly text: string
  /** `content`: the text parts and the headers of attached messages; `message`: also its own header and those of its parts; `field`: fields of its own header. */
  readonly place: 'content' | 'message' | 'field'
  /** The field's name, as `foldCase` leaves it. */
  readonly field?: string
}

/**
 * Which of the needles stand in the message, in their order. Reads it once, only where it must, and only until all are found. An empty text
 * stands in every message, and in every field that is there.
 */
export function findNeedles(source: TextSource, needles: readonly TextNeedle[]): boolean[] {
  const search = new NeedleSearch(needles)
  for (const slice of readTexts(source, (place) => search.wants(place))) search.look(slice)
  return search.found
}

class NeedleSearch {
  readonly found: boolean[]
  readonly #needles: readonly TextNeedle[]
  readonly #finders: readonly Finder[]

  constructor(needles: readonly TextNeedle[]) {
    this.#needles = needles
    this.#finders = needles.map(({ text }) => new Finder(text))
    this.found = needles.map(({ text, place }) => text === '' && place !== 'field')
  }

  wants(place: TextPlace): boolean {
    return this.#needles.some((needle, index) => this.found[index] !== true && mayStand(needle, place))
  }

  look({ text, place, begins, field }: TextSlice): void {
    for (const [index, needle] of this.#needles.entries()) {
      if (this.found[index] === true || !mayStand(needle, place)) continue
      if (needle.place === 'field') this.found[index] = field?.name === needle.field && field?.value.includes(needle.text) === true
      else {
        if (begins) this.#finders[index]?.restart()
        this.found[index] = this.#finders[index]?.found(text) === true
      }
    }
  }
}

function mayStand(needle: TextNeedle, place: TextPlace): boolean {
  return needle.place === 'message' || (needle.place === 'content' ? place === 'content' : place === 'header')
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
