import { FuzzyFinder } from './fuzzy.ts'
import { readTexts, type TextPlace, type TextSlice, type TextSource } from './message-text.ts'

/** A text looked for inside messages. */
export interface TextNeedle {
  /** As `foldCase` leaves it. */
  readonly text: string
  /** `content`: the text parts and the headers of attached messages; `message`: also its own header and those of its parts; `field`: fields of its own header. */
  readonly place: 'content' | 'message' | 'field'
  /** The field's name, as `foldCase` leaves it. */
  readonly field?: string
  /** Its words are looked for, in any form and order, instead of the text; there is one (`fuzzyStems`). */
  readonly fuzzy?: boolean
}

/**
 * How well each of the needles is found in the message, in their order: 0 not at all, 100 as it is, in between for fuzzy ones. Reads it once, only
 * where it must, and only until all are found; fuzzy ones are counted to the end. An empty text stands in every message, and in every field that is there.
 */
export function findNeedles(source: TextSource, needles: readonly TextNeedle[]): number[] {
  const searches = needles.map((needle) => (needle.fuzzy === true ? new FuzzySearch(needle) : new ExactSearch(needle)))
  for (const slice of readTexts(source, (place) => searches.some((search) => search.wants(place)))) {
    for (const search of searches) if (search.wants(slice.place)) search.look(slice)
  }
  return searches.map((search) => search.strength())
}

class ExactSearch {
  readonly #needle: TextNeedle
  readonly #finder: Finder
  #found: boolean

  constructor(needle: TextNeedle) {
    this.#needle = needle
    this.#finder = new Finder(needle.text)
    this.#found = needle.text === '' && needle.place !== 'field'
  }

  wants(place: TextPlace): boolean {
    return !this.#found && mayStand(this.#needle, place)
  }

  look({ text, begins, field }: TextSlice): void {
    const needle = this.#needle
    if (needle.place === 'field') this.#found = field?.name === needle.field && field?.value.includes(needle.text) === true
    else {
      if (begins) this.#finder.restart()
      this.#found = this.#finder.found(text)
    }
  }

  strength(): number {
    return this.#found ? 100 : 0
  }
}

const SUBJECT = 'SUBJECT'

class FuzzySearch {
  readonly #needle: TextNeedle
  readonly #finder: FuzzyFinder

  constructor(needle: TextNeedle) {
    this.#needle = needle
    this.#finder = new FuzzyFinder(needle.text)
  }

  wants(place: TextPlace): boolean {
    return mayStand(this.#needle, place)
  }

  look({ text, place, begins, field }: TextSlice): void {
    const isSubject = field?.name === SUBJECT
    if (this.#needle.place !== 'field') this.#finder.look(text, place, isSubject, begins)
    else if (field?.name === this.#needle.field) this.#finder.look(field?.value ?? '', place, isSubject, true)
  }

  strength(): number {
    return this.#finder.score()
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
