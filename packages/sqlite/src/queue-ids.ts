/** Characters of a queue id that tell the time, to the ms, in base 36. */
const TIME = 8
const LAST = 36 ** TIME - 1

/** What ids begin with that are minted at `at`; those of other times sort before or behind it. */
export function mintedAt(at: number): string {
  return Math.min(Math.max(Math.floor(at), 0), LAST)
    .toString(36)
    .padStart(TIME, '0')
    .toUpperCase()
}
