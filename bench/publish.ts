/** Keeps the results of whole runs, and writes docs/performance.md and its plots from them. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { format, resolveConfig } from 'prettier'
import { NOTES } from './notes.ts'
import { type Operation, OPERATIONS } from './operations.ts'
import { OUTBOUND } from './outbound-operations.ts'
import { plotGrowth, plotRatios } from './plot.ts'
import { renderRows } from './report.ts'
import { readResults, type Results, shortOf, writeResults } from './results.ts'

const place = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
export const RESULTS = { inbound: place('results/inbound.json'), outbound: place('results/outbound.json') } as const

export async function publish(file: string, results: Results): Promise<void> {
  mkdirSync(dirname(file), { recursive: true })
  writeResults(file, results)
  await writePage()
}

/** From what is kept. */
export async function writePage(): Promise<void> {
  mkdirSync(place('../docs/performance'), { recursive: true })
  const [inbound, outbound] = [readResults(RESULTS.inbound), readResults(RESULTS.outbound)]
  const parts = [HEAD]
  if (inbound !== undefined) parts.push('## Beside Postfix and Dovecot', taken(inbound), ...section(inbound, OPERATIONS, 'inbound'))
  if (inbound !== undefined && plotGrowth(inbound) !== '') {
    plot('growth', plotGrowth(inbound))
    parts.push('## As a mailbox grows', 'CPU an operation; of a search, for each message found.', '![Growth](performance/growth.svg)')
  }
  if (outbound !== undefined) parts.push('## Mail that leaves, beside Postfix', taken(outbound), ...section(outbound, OUTBOUND, 'outbound'))
  const file = place('../docs/performance.md')
  const page = await format(`${parts.join('\n\n')}\n`, { ...(await resolveConfig(file)), parser: 'markdown' })
  writeFileSync(file, page)
}

const HEAD = `# Performance

<!-- Written by the benchmark from bench/results. Do not edit. -->

What Mailstead does beside the servers that most others run, as \`npm run bench\` and \`npm run bench:outbound\` measure it: [bench/README.md](../bench/README.md)
says how, and how to repeat it. Each cell is CPU ms an operation / operations a second, medians of turns that followed each other; CPU is that of all processes of
a server, which has one core. The columns "CPU" and "rate" say how many times better Mailstead is than the better of its peers, of each figure the
better one; "goal" is what it is to be. What stands behind a plus is CPU that a server goes on for once the operation is done: Mailstead indexes the text of new
mail for SEARCH, which Dovecot as it is here does not.`

function taken({ when, machine, versions }: Results): string {
  return `Taken on ${when.replace('T', ' at ')} UTC; ${machine}; ${Object.entries(versions)
    .map(([name, version]) => `${name} ${version}`)
    .join(', ')}.`
}

function plot(name: string, text: string): void {
  writeFileSync(place(`../docs/performance/${name}.svg`), text)
}

function section(results: Results, operations: readonly Operation[], name: string): string[] {
  plot(name, plotRatios(results, operations))
  const short = operations.flatMap(({ rows }) => rows).filter((row) => (shortOf(results, row)?.length ?? 0) > 0)
  const notes = short.flatMap(({ id, title }) => (NOTES[id] === undefined ? [] : [`- **${title}.** ${NOTES[id]}`]))
  return [
    renderRows(results, operations),
    `![Ratios](performance/${name}.svg)`,
    ...(notes.length === 0 ? [] : ['What is short of its goal, and why:', notes.join('\n')]),
  ]
}
