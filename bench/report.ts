/** The table. */
import type { Operation, Row } from './operations.ts'
import { goalText, medians, ratios, type Results, shortOf } from './results.ts'

/** Three digits that count. */
export function figure(value: number | undefined): string {
  if (value === undefined) return '–'
  if (value >= 1000) return Math.round(value).toLocaleString('en')
  if (value >= 100) return value.toFixed(0)
  if (value >= 10) return value.toFixed(1)
  if (value >= 1) return value.toFixed(2)
  return value === 0 ? '0' : value.toPrecision(2).replace(/e-.*/, (power) => power)
}

const VERDICT: Record<string, string> = { cpu: 'CPU', rate: 'rate' }

function verdict(results: Results, row: Row): string {
  const short = shortOf(results, row)
  if (short === undefined) return ''
  return short.length === 0 ? 'yes' : `no: ${short.map((name) => VERDICT[name] ?? name).join(', ')}`
}

/** CPU ms an operation that come once it is done, such as those of an index, where they count beside the others. */
function later(own: ReadonlyMap<string, number>): string {
  const [cpu = 0, after = 0] = [own.get('cpu'), own.get('after')]
  return after > cpu / 20 ? ` + ${figure(after)}` : ''
}

/** What a server did in a row: CPU ms an operation / operations a second, or the figures that the goal is about. */
function cell(results: Results, row: Row, server: string): string {
  const own = medians(results, row.id, server)
  if (own.size === 0) return '–'
  if (row.goal?.kind === 'limit')
    return Object.keys(row.goal.limits)
      .map((name) => `${name} ${figure(own.get(name))}`)
      .join(', ')
  const p99 = row.goal?.p99 === undefined ? '' : `, p99 ${figure(own.get('p99'))} ms`
  return `${figure(own.get('cpu'))}${later(own)} / ${figure(own.get('rate'))}${p99}`
}

function ratioCells(results: Results, row: Row): string[] {
  const got = ratios(results, row)
  return row.goal?.kind === 'limit' ? ['', ''] : [got.cpu, got.rate].map((value) => (value === undefined ? '' : `${figure(value)}×`))
}

/** A Markdown table of the rows that have results, in the groups of their operations. */
export function renderRows(results: Results, operations: readonly Operation[]): string {
  const servers = Object.entries(results.servers)
  const lines = [
    `| operation | ${servers.map(([, title]) => title).join(' | ')} | CPU | rate | goal | met |`,
    `| --- |${' ---: |'.repeat(servers.length)} ---: | ---: | --- | --- |`,
  ]
  const there = new Set(results.results.map(({ row }) => row))
  for (const group of new Set(operations.map((operation) => operation.group))) {
    const rows = operations
      .filter((operation) => operation.group === group)
      .flatMap((operation) => operation.rows)
      .filter(({ id }) => there.has(id))
    if (rows.length === 0) continue
    lines.push(`| **${group}** |${' |'.repeat(servers.length + 4)}`)
    for (const row of rows) {
      const cells = [
        row.title,
        ...servers.map(([name]) => cell(results, row, name)),
        ...ratioCells(results, row),
        goalText(row.goal),
        verdict(results, row),
      ]
      lines.push(`| ${cells.join(' | ')} |`)
    }
  }
  return lines.join('\n')
}
