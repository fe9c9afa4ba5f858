/** The command line of both benchmarks. */
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Results } from './results.ts'

const OPTIONS = {
  quick: { type: 'boolean', default: false },
  runs: { type: 'string' },
  only: { type: 'string' },
  servers: { type: 'string' },
  dir: { type: 'string' },
  out: { type: 'string' },
  publish: { type: 'boolean', default: false },
} as const

export type Values = ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>['values']

/** Throws before anything is done where it asks for what cannot be. */
export function readOptions(): Values {
  const { values } = parseArgs({ options: OPTIONS })
  if (values.publish && !isWhole(values)) throw new Error('only whole runs are published: without --quick, --only and --servers')
  return values
}

/** Whether every operation is done as meant, on every server. */
export const isWhole = ({ quick, only, servers }: Values): boolean => !quick && only === undefined && servers === undefined

export const runsOf = ({ quick, runs }: Values): number => Number(runs ?? (quick ? 1 : 3))

/** The file of the raw results. */
export const outOf = ({ out }: Values, kind: Results['kind']): string => out ?? join(tmpdir(), `mailstead-${kind}.json`)
