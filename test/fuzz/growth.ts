/** How much longer twice the input may take. Linear is 2; n log n stays well below. */
const MOST = 2.5
/** Shorter times (ms) say nothing, as the clock of a thread goes in steps; and a whole input that takes no more does no harm. */
const LEAST = 30
const SMALLEST = 4096

/**
 * Throws when `run` takes more than in proportion to the size of what `make` gives: twice the octets, up to `largest`, take more than
 * two and a half times as long, in each of several measurements that become more and more exact.
 */
export function checkGrowth<T>(what: () => string, make: (size: number) => T, run: (input: T) => unknown, largest: number): void {
  let size = SMALLEST
  for (; size < largest / 2; size *= 2) if (time(make(size), run, 1) > LEAST / 2) break
  const [small, large] = [make(size), make(2 * size)]
  let [short, long] = [0, 0]
  for (let tries = 1; tries <= 13; tries += 4) {
    short = time(small, run, tries)
    long = time(large, run, tries)
    if (long < LEAST || long / short <= MOST) return
  }
  // Once more of another size: noise does not grow in proportion.
  if (time(make(4 * size), run, 13) / time(large, run, 13) <= MOST) return
  throw new Error(`${what()}: ${size} octets take ${short.toFixed(1)} ms, twice as many ${long.toFixed(1)} ms`)
}

/** Milliseconds of this thread: the best of several, since other work on the machine only ever adds. */
function time<T>(input: T, run: (input: T) => unknown, tries: number): number {
  let best = Infinity
  for (let left = tries; left > 0; left--) {
    const start = process.threadCpuUsage()
    run(input)
    const { user, system } = process.threadCpuUsage(start)
    best = Math.min(best, (user + system) / 1000)
  }
  return best
}
