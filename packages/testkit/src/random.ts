/** Repeatable chance: the same seed gives the same run. */
export interface Random {
  readonly seed: number
  /** 0 ≤ x < 1. */
  next(): number
  /** 0 … below - 1. */
  int(below: number): number
  chance(probability: number): boolean
  pick<T>(choices: readonly T[]): T
  bytes(length: number): Buffer
  /** The octets in pieces of 1 … `largest`, as a network might bring them. */
  split(octets: Uint8Array, largest: number): Uint8Array[]
}

/** mulberry32 by Tommy Ettinger, public domain: 32 bits of state are enough for tests. */
export function seeded(seed: number): Random {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
  const int = (below: number): number => Math.floor(next() * below)
  return {
    seed,
    next,
    int,
    chance: (probability) => next() < probability,
    pick: <T>(choices: readonly T[]): T => {
      if (choices.length === 0) throw new Error('nothing to pick from')
      return choices[int(choices.length)] as T
    },
    bytes: (length) => Buffer.from(Array.from({ length }, () => int(256))),
    split(octets, largest) {
      const pieces: Uint8Array[] = []
      for (let at = 0; at < octets.length;) {
        const length = 1 + int(largest)
        pieces.push(octets.subarray(at, at + length))
        at += length
      }
      return pieces
    },
  }
}

/**
 * Runs `body` with a fresh seed, or with the one of MAILSTEAD_SEED, and names the seed when it fails, so that the
 * failure can be had again.
 */
export async function withSeed(body: (random: Random) => unknown): Promise<void> {
  const given = process.env['MAILSTEAD_SEED']
  const seed = given === undefined ? Math.floor(Math.random() * 2 ** 32) : Number(given)
  try {
    await body(seeded(seed))
  } catch (error) {
    throw new Error(`with MAILSTEAD_SEED=${seed}: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  }
}
