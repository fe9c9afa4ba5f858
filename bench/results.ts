/** Raw results, and what is made of them: medians, and ratios to the better peer. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import type { Figures } from './generator.ts'
import type { Goal, Row } from './operations.ts'

/** One run of one row on one server: figures, or what was wrong. */
export interface Result {
  readonly row: string
  readonly server: string
  readonly run: number
  /** It was the first turn of its operation, and does not count. */
  readonly first?: true
  readonly figures?: Figures
  readonly wrong?: string
}

export interface Results {
  readonly kind: 'inbound' | 'outbound'
  /** Every operation, as often and as long as meant, on every server. */
  readonly whole: boolean
  readonly when: string
  /** How often each operation was done, but for those that take long. */
  readonly runs: number
  readonly machine: string
  readonly versions: Readonly<Record<string, string>>
  /** Name to title, ours first. */
  readonly servers: Readonly<Record<string, string>>
  readonly results: readonly Result[]
}

export function machine(): string {
  const [first] = cpus()
  return `${first?.model ?? 'an unknown processor'}, ${cpus().length} cores, ${Math.round(totalmem() / 1e9)} GB of memory`
}

export function readResults(file: string): Results | undefined {
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Results) : undefined
}

/** One result a line. */
export function writeResults(file: string, results: Results): void {
  const { results: list, ...head } = results
  const lines = list.map((each) => `    ${JSON.stringify(each)}`)
  writeFileSync(file, `${JSON.stringify(head, null, 2).slice(0, -2)},\n  "results": [\n${lines.join(',\n')}\n  ]\n}\n`)
}

export function median(values: readonly number[]): number | undefined {
  const sorted = [...values].sort((a, b) => a - b)
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]]
  return low === undefined || high === undefined ? undefined : (low + high) / 2
}

/** Medians over the runs of a row on a server; with `first` what its first turn gave, where that does not count. */
export function medians({ results }: Results, row: string, server: string, first?: true): ReadonlyMap<string, number> {
  const runs = results
    .filter((each) => each.row === row && each.server === server && each.first === first)
    .flatMap(({ figures }) => (figures === undefined ? [] : [figures]))
  const names = new Set(runs.flatMap((figures) => Object.keys(figures)))
  const all = [...names].map(
    (name) => [name, median(runs.map((figures) => figures[name]).filter((value) => typeof value === 'number'))] as const,
  )
  return new Map(all.filter((each): each is readonly [string, number] => each[1] !== undefined))
}

/** CPU ms that the machine takes at least for one operation, as measured beside it. Undefined where that is not known. */
export function markOf(results: Results, { needs }: Row): number | undefined {
  if (needs === undefined) return undefined
  const parts = Object.entries(needs).map(([name, count]) => (medians(results, `limit-${name}`, 'machine').get('cpu') ?? NaN) * count)
  const sum = parts.reduce((a, b) => a + b, 0)
  return Number.isNaN(sum) ? undefined : sum
}

/** How many times better ours is than the better peer; of each figure the better one counts. */
export interface Ratios {
  readonly cpu?: number
  readonly rate?: number
  readonly p99?: number
}

export function ratios(results: Results, { id: row, beside }: Row): Ratios {
  const [ours = '', ...peers] = Object.keys(results.servers)
  const own = medians(results, row, ours)
  const best = (name: string, better: (...values: number[]) => number): number | undefined => {
    const values = peers
      .filter((peer) => beside === undefined || peer === beside)
      .flatMap((peer) => medians(results, row, peer).get(name) ?? [])
    return values.length === 0 ? undefined : better(...values)
  }
  const [cpu, rate, p99] = [best('cpu', Math.min), best('rate', Math.max), best('p99', Math.min)]
  const [ownCpu, ownRate, ownP99] = [own.get('cpu'), own.get('rate'), own.get('p99')]
  return {
    ...(cpu === undefined || ownCpu === undefined ? {} : { cpu: cpu / ownCpu }),
    ...(rate === undefined || ownRate === undefined ? {} : { rate: ownRate / rate }),
    ...(p99 === undefined || ownP99 === undefined ? {} : { p99: p99 / ownP99 }),
  }
}

/** What is short of the goal, by name; none: it is met. Undefined without a goal or without figures. */
export function shortOf(results: Results, row: Row): readonly string[] | undefined {
  const { id, goal } = row
  if (goal === undefined) return undefined
  const [ours = ''] = Object.keys(results.servers)
  const own = medians(results, id, ours)
  if (own.size === 0) return undefined
  if (goal.kind === 'limit')
    return Object.entries(goal.limits).flatMap(([name, [most]]) => ((own.get(name) ?? Infinity) <= most ? [] : [name]))
  const got = ratios(results, row)
  if (Object.keys(got).length === 0) return undefined
  return (['cpu', 'rate', 'p99'] as const).filter((name) => goal[name] !== undefined && !((got[name] ?? 0) >= goal[name]))
}

export function goalText(goal: Goal | undefined): string {
  if (goal === undefined) return ''
  if (goal.kind === 'limit')
    return Object.values(goal.limits)
      .map(([most, unit]) => `≤ ${most} ${unit}`)
      .join(', ')
  const parts = (['cpu', 'rate', 'p99'] as const).flatMap((name) =>
    goal[name] === undefined ? [] : [`${name === 'cpu' ? 'CPU' : name} ${goal[name]}×`],
  )
  return goal.cpu === goal.rate && goal.p99 === undefined ? `${goal.cpu}×` : parts.join(', ')
}

/** What failed, a line each. */
export function failures(results: readonly Result[]): string[] {
  return [...new Set(results.flatMap(({ row, server, wrong }) => (wrong === undefined ? [] : [`${row} on ${server}: ${wrong}`])))]
}

/** What the peers said otherwise: lines of complaint. Rows whose answers have to be alike are compared over all runs. */
export function disagreements(results: readonly Result[], rows: readonly Row[]): string[] {
  return rows.flatMap((row) =>
    (row.same ?? []).flatMap((member) => {
      const said = new Map(
        results.filter((each) => each.row === row.id && each.figures !== undefined).map((each) => [each.server, each.figures?.[member]]),
      )
      return new Set(said.values()).size > 1
        ? [`${row.id}: ${member} is ${[...said].map(([server, value]) => `${value} from ${server}`).join(', ')}`]
        : []
    }),
  )
}
