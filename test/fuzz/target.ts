import type { Random } from '@mailstead/testkit'

/** Something that takes octets from strangers. */
export interface Target {
  readonly name: string
  /** Gives it one input by chance. Throws when it takes it in a wrong way. */
  readonly once: (random: Random) => void | Promise<void>
  /** Gives it an input and another of twice the size, both repeating themselves, and throws when the latter takes far longer. */
  readonly grow?: (random: Random) => void
  /** After the last input: what has piled up. */
  readonly end?: () => void | Promise<void>
}

/** A target, or one with a mistake in it that has to be found. */
export type Plants = Readonly<Record<string, () => Target | Promise<Target>>>

/** Octets as one would write them down. */
export function shown(octets: Uint8Array | string): string {
  const text = typeof octets === 'string' ? octets : Buffer.from(octets).toString('latin1')
  return JSON.stringify(text.length > 600 ? `${text.slice(0, 300)}…${text.slice(-300)}` : text)
}
