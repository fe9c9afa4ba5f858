/** docs/performance.md and its plots, from the results that are kept, and from nothing else. */
import { fileURLToPath } from 'node:url'
import { format, resolveConfig } from 'prettier'
import { LIMITS } from './limits.ts'
import { NOTES } from './notes.ts'
import { GROWTH, type Operation, OPERATIONS, type Row } from './operations.ts'
import { OUTBOUND } from './outbound-operations.ts'
import { plotGrowth } from './plot-growth.ts'
import { plotRatios } from './plot.ts'
import { renderFirst, renderGrowth, renderLimits, renderOperations, renderWaits, times } from './report.ts'
import { disagreements, failures, ratios, readResults, type Results, shortOf } from './results.ts'
import { CARE, FIRST, HEAD, HOW, NOTHING_YET, OUTWARDS, SERVERS } from './words.ts'

const place = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
export const RESULTS = { inbound: place('results/inbound.json'), outbound: place('results/outbound.json') } as const

/** Path from the top of the checkout to text. */
export async function performanceDocs(): Promise<Readonly<Record<string, string>>> {
  const [inbound, outbound] = [readResults(RESULTS.inbound), readResults(RESULTS.outbound)]
  const parts = [HEAD, ...(inbound === undefined ? [NOTHING_YET] : beside(inbound)), ...(outbound === undefined ? [] : outwards(outbound))]
  const options = await resolveConfig(place('../docs/performance.md'))
  return {
    'docs/performance.md': await format(`${parts.join('\n\n')}\n`, { ...options, parser: 'markdown' }),
    ...(inbound === undefined
      ? {}
      : { 'docs/performance/inbound.svg': plotRatios(inbound, shown(OPERATIONS)), 'docs/performance/growth.svg': plotGrowth(inbound) }),
    ...(outbound === undefined ? {} : { 'docs/performance/outbound.svg': plotRatios(outbound, OUTBOUND) }),
  }
}

const shown = (operations: readonly Operation[]): readonly Operation[] => operations.filter(({ group }) => group !== GROWTH)

function beside(results: Results): string[] {
  return [
    '## In short',
    ...inShort(results, shown(OPERATIONS)),
    '## What was measured, and how',
    SERVERS,
    HOW,
    taken(results),
    '## Beside Postfix and Dovecot',
    renderOperations(results, OPERATIONS),
    '![How many times better than the better peer](performance/inbound.svg)',
    ...shortfalls(results, OPERATIONS),
    ...wrong(results, [LIMITS, ...OPERATIONS]),
    '## How long a client waits',
    'The time of one operation, p50 / p99 in ms: half of them take no longer than the first, all but one in a hundred no longer than the second.',
    renderWaits(results, OPERATIONS),
    ...first(results),
    '## As a mailbox grows',
    'CPU ms of one act in mailboxes of more and more messages of 1 KB. Of these 10,000 are different at the most, the others are copies of them.',
    '![CPU of an act as a mailbox grows](performance/growth.svg)',
    renderGrowth(results),
    '## What the machine itself gives',
    'Measured in the same run, without any server. The column "limit" above adds up those that an operation cannot do without.',
    renderLimits(results),
    '## Read with care',
    CARE,
  ]
}

function first(results: Results): string[] {
  const table = renderFirst(results, OPERATIONS)
  return table === undefined ? [] : ['## The first time', FIRST, table]
}

function outwards(results: Results): string[] {
  return [
    '## Mail that leaves, beside Postfix',
    OUTWARDS,
    taken(results),
    renderOperations(results, OUTBOUND),
    '![How many times better than Postfix](performance/outbound.svg)',
    ...shortfalls(results, OUTBOUND),
    ...wrong(results, OUTBOUND),
  ]
}

function taken({ when, machine, versions, runs }: Results): string {
  const list = Object.entries(versions).map(([name, version]) => `${name} ${version}`)
  const times = runs === 1 ? 'Measured once' : `Measured ${runs} times, what takes long once or twice`
  return `${times}, until ${when.replace('T', ' ')} UTC, on ${machine}; ${list.join(', ')}.`
}

/** How many goals are met, and in what ours is worse than the better peer: that first, as nobody looks for it. */
function inShort(results: Results, operations: readonly Operation[]): string[] {
  const rows = operations.flatMap((each) => each.rows)
  const judged = rows.filter((row) => shortOf(results, row) !== undefined)
  const met = judged.filter((row) => shortOf(results, row)?.length === 0).length
  const compared = rows.filter((row) => row.goal?.kind !== 'limit' && ratios(results, row).cpu !== undefined)
  const atLeast = (name: 'cpu' | 'rate', least: number): number =>
    compared.filter((row) => (ratios(results, row)[name] ?? 0) >= least).length
  const worse = compared.flatMap((row) => {
    const { cpu = 1, rate = 1 } = ratios(results, row)
    return cpu >= 1 && rate >= 1 ? [] : [`- ${row.title}: CPU ${times(cpu)}, rate ${times(rate)}`]
  })
  return [
    `Of ${compared.length} operations Mailstead does ${atLeast('cpu', 1)} with less CPU than the better of two Dovecots, ${atLeast('cpu', 3)} with less than a third of it; \
${atLeast('rate', 1)} are faster, ${atLeast('rate', 3)} of them three times or more. Of ${judged.length} goals ${met} are met${met === judged.length ? '' : '; the others are listed below the table'}.`,
    worse.length === 0 ? 'Nothing that was measured is slower or takes more CPU.' : 'What is slower, or takes more CPU (below 1×):',
    ...(worse.length === 0 ? [] : [worse.join('\n')]),
  ]
}

function shortfalls(results: Results, operations: readonly Operation[]): string[] {
  const short = operations.flatMap(({ rows }) => rows).filter((row) => (shortOf(results, row)?.length ?? 0) > 0)
  const line = ({ id, title }: Row): string => `- **${title}.** ${NOTES[id] ?? ''}`.trimEnd()
  return short.length === 0 ? [] : ['Short of its goal, and what stands in the way:', short.map(line).join('\n')]
}

function wrong(results: Results, operations: readonly Operation[]): string[] {
  const lines = [
    ...failures(results.results),
    ...disagreements(
      results.results,
      operations.flatMap(({ rows }) => rows),
    ),
  ]
  return lines.length === 0 ? [] : ['What failed, and so has no figures:', lines.map((line) => `- ${line}`).join('\n')]
}
