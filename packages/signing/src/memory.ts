import { MAX_REMEMBERED, REMEMBERED_FOR } from './limits.ts'

interface Remembered<T> {
  readonly made: Promise<T>
  readonly until: number
}

/** Makes things once for whoever asks for them one after the other; for a while, and the latest only. */
export class Memory<T> {
  readonly #clock: { now(): number }
  /** The oldest first. */
  readonly #known = new Map<string, Remembered<T>>()

  constructor(clock: { now(): number }) {
    this.#clock = clock
  }

  /** What `make` made for this name, now or before. What failed, or is not to be kept, is made again. */
  of(name: string, make: () => Promise<T>, keep: (made: T) => boolean = () => true): Promise<T> {
    const now = this.#clock.now()
    const known = this.#known.get(name)
    if (known !== undefined && now < known.until) return known.made
    const made = make()
    const remembered = { made, until: now + REMEMBERED_FOR }
    // What comes anew goes to the end.
    this.#known.delete(name)
    this.#known.set(name, remembered)
    const forget = (): void => {
      if (this.#known.get(name) === remembered) this.#known.delete(name)
    }
    made.then((value) => {
      if (!keep(value)) forget()
    }, forget)
    const [oldest] = this.#known.keys()
    if (this.#known.size > MAX_REMEMBERED && oldest !== undefined) this.#known.delete(oldest)
    return made
  }
}
