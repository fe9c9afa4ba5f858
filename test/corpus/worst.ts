import { MessageScanner } from '@mailstead/mime'
import { WORST_CASES } from '../../packages/mime/test/worst-cases.ts'

const SIZE = 25 * 1024 * 1024

/** Octets that a connection gives at once. */
const STEP = 64 * 1024

/** Milliseconds of CPU for the whole message. */
const MOST = 1_000

/** Scans messages made to be slow and prints what the slowest cost. Throws when one needs more than a second of CPU. */
export function scanWorstCases(): void {
  const costs = WORST_CASES.map(([name, make]) => ({ name, ...measure(make(SIZE)) })).sort((a, b) => b.cpu - a.cpu)
  const longest = costs.toSorted((a, b) => b.step - a.step)
  const tell = (ms: number): string => `${ms.toFixed(0)} ms`
  console.log(
    `${costs.length} messages of 25 MiB made to be slow: most CPU ${costs
      .slice(0, 3)
      .map(({ name, cpu }) => `${tell(cpu)} (${name})`)
      .join(', ')};`,
  )
  console.log(
    `longest step without a pause ${longest
      .slice(0, 3)
      .map(({ name, step }) => `${tell(step)} (${name})`)
      .join(', ')}`,
  )
  for (const { name, cpu } of costs) if (cpu > MOST) throw new Error(`${name}: ${tell(cpu)} of CPU`)
}

function measure(octets: Buffer): { readonly cpu: number; readonly step: number } {
  const scanner = new MessageScanner()
  const before = process.cpuUsage()
  let step = 0
  const timed = (work: () => void): void => {
    const start = performance.now()
    work()
    step = Math.max(step, performance.now() - start)
  }
  for (let at = 0; at < octets.length; at += STEP) timed(() => scanner.push(octets.subarray(at, at + STEP)))
  timed(() => scanner.end())
  const { user, system } = process.cpuUsage(before)
  return { cpu: (user + system) / 1_000, step }
}
