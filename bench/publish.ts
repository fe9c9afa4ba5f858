/** Keeps the results of whole runs, and writes docs/performance.md from them. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { OPERATIONS } from './operations.ts'
import { renderRows } from './report.ts'
import { readResults, type Results, writeResults } from './results.ts'

const place = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
export const RESULTS = { inbound: place('results/inbound.json'), outbound: place('results/outbound.json') } as const

export function publish(file: string, results: Results): void {
  mkdirSync(dirname(file), { recursive: true })
  writeResults(file, results)
  const inbound = readResults(RESULTS.inbound)
  if (inbound !== undefined) writeFileSync(place('../docs/performance.md'), renderRows(inbound, OPERATIONS))
}
