import { OVERLAPPING, OVERLAPPING_OCTETS } from './limits.ts'

/** Commands of one client that have begun and are still to be answered, in the order of the commands (RFC 3501 section 5.5). */
export class Underway {
  #last: Promise<void> | undefined
  #count = 0
  #octets = 0

  /** Settles when all of them are answered; `undefined`: there are none. */
  get last(): Promise<void> | undefined {
    return this.#last
  }

  /** Whether one more may begin, with literals of so many octets. */
  hasRoom(octets: number): boolean {
    return this.#last === undefined || (this.#count < OVERLAPPING && this.#octets + octets <= OVERLAPPING_OCTETS)
  }

  /** `answered` settles after all that were there before it. */
  add(answered: Promise<void>, octets: number): void {
    this.#last = answered
    this.#count++
    this.#octets += octets
    const settled = (): void => {
      if (this.#last !== answered) return
      this.#last = undefined
      this.#count = 0
      this.#octets = 0
    }
    answered.then(settled, settled)
  }
}
