/** Tables of what was measured, in Markdown. */
import { LIMITS } from './limits.ts'
import { GROWTH, GROWTH_ACTS, type Operation, type Row } from './operations.ts'
import { goalText, markOf, medians, ratios, type Results, shortOf } from './results.ts'

/** Three digits that count. */
export function figure(value: number | undefined): string {
  if (value === undefined) return '–'
  if (value >= 1000) return Math.round(value).toLocaleString('en')
  if (value >= 100) return value.toFixed(0)
  if (value >= 10) return value.toFixed(1)
  if (value >= 1) return value.toFixed(2)
  return value === 0 ? '0' : Number(value.toPrecision(2)).toString()
}

/** Two digits that count. */
export const times = (value: number): string => `${Number(value.toPrecision(2))}×`

/** `columns`: heads; a colon at the end says that what stands below is a figure. */
function table(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  const heads = columns.map((column) => column.replace(/:$/, ''))
  return [line(heads), line(columns.map((column) => (column.endsWith(':') ? '---:' : '---'))), ...rows.map(line)].join('\n')
}

const figures = (heads: readonly string[]): string[] => heads.map((head) => `${head}:`)

const VERDICT: Record<string, string> = { cpu: 'CPU', rate: 'rate' }

function verdict(results: Results, row: Row): string {
  const short = shortOf(results, row)
  if (short === undefined) return ''
  return short.length === 0 ? 'yes' : `**no:** ${short.map((name) => VERDICT[name] ?? name).join(', ')}`
}

/** CPU ms an operation, and those that come once it is done, such as those of an index, where they count beside the others. */
function cpuOf(own: ReadonlyMap<string, number>): string {
  const [cpu, after = 0] = [own.get('cpu'), own.get('after')]
  return cpu !== undefined && after > cpu / 20 ? `${figure(cpu)} + ${figure(after)}` : figure(cpu)
}

/** What a server did in a row: CPU ms an operation / operations a second, or the figures that the goal is about. */
function cell(results: Results, row: Row, server: string): string {
  const own = medians(results, row.id, server)
  if (own.size === 0) return results.results.some((each) => each.row === row.id && each.server === server) ? 'failed' : '–'
  if (row.goal?.kind === 'limit')
    return Object.entries(row.goal.limits)
      .map(([name, [, unit]]) => `${figure(own.get(name))} ${unit}`)
      .join(', ')
  return `${cpuOf(own)} / ${figure(own.get('rate'))}`
}

function ratioCells(results: Results, row: Row): string[] {
  const got = ratios(results, row)
  return row.goal?.kind === 'limit' ? ['', ''] : [got.cpu, got.rate].map((value) => (value === undefined ? '' : times(value)))
}

/** CPU ms at least, and how many times that ours takes. */
function markCell(results: Results, row: Row): string {
  const [ours = ''] = Object.keys(results.servers)
  const [mark, own] = [markOf(results, row), medians(results, row.id, ours).get('cpu')]
  return mark === undefined || own === undefined ? '' : `${figure(mark)}; ${times(own / mark)}`
}

const measured = ({ results }: Results, row: Row): boolean => results.some((each) => each.row === row.id)

/** All that was measured of these, for the terminal. */
export function renderAll(results: Results, operations: readonly Operation[]): string {
  const there = (prefix: string): boolean => results.results.some(({ row }) => row.startsWith(prefix))
  return [
    renderOperations(results, operations),
    ...(waiting(results, operations).length > 0 ? [renderWaits(results, operations)] : []),
    ...(there('growth-') ? [renderGrowth(results)] : []),
    ...(there('limit-') ? [renderLimits(results)] : []),
  ].join('\n\n')
}

/** The rows that have results, by the groups of their operations; growth and limits have tables of their own. */
export function renderOperations(results: Results, operations: readonly Operation[]): string {
  const servers = Object.entries(results.servers)
  const marked = operations.some(({ rows }) => rows.some((row) => markOf(results, row) !== undefined))
  const columns = [
    'operation',
    ...figures([...servers.map(([, title]) => title), 'CPU', 'rate']),
    'goal',
    'met',
    ...(marked ? ['limit:'] : []),
  ]
  const rows = [...new Set(operations.map(({ group }) => group))]
    .filter((group) => group !== GROWTH && group !== LIMITS.group)
    .flatMap((group) => {
      const inGroup = operations.filter((each) => each.group === group).flatMap((each) => each.rows.filter((row) => measured(results, row)))
      const lines = inGroup.map((row) => [
        row.title,
        ...servers.map(([name]) => cell(results, row, name)),
        ...ratioCells(results, row),
        goalText(row.goal),
        verdict(results, row),
        ...(marked ? [markCell(results, row)] : []),
      ])
      return lines.length === 0 ? [] : [[`**${group}**`, ...columns.slice(1).map(() => '')], ...lines]
    })
  return table(columns, rows)
}

const waiting = (results: Results, operations: readonly Operation[]): readonly Row[] =>
  operations.flatMap(({ rows }) => rows).filter((row) => row.waits === true && measured(results, row))

/** How long one client waits for one operation: p50 / p99 in ms. */
export function renderWaits(results: Results, operations: readonly Operation[]): string {
  const servers = Object.entries(results.servers)
  const wait = (row: Row, server: string): string => {
    const own = medians(results, row.id, server)
    return own.has('p50') ? `${figure(own.get('p50'))} / ${figure(own.get('p99'))}` : '–'
  }
  return table(
    ['operation', ...figures(servers.map(([, title]) => title))],
    waiting(results, operations).map((row) => [row.title, ...servers.map(([name]) => wait(row, name))]),
  )
}

/** CPU ms of one act, by how many messages the mailbox holds. */
export function renderGrowth(results: Results): string {
  const sizes = [...new Set(results.results.flatMap(({ row }) => /^growth-\w+-(\d+)$/.exec(row)?.[1] ?? []))]
    .map(Number)
    .sort((a, b) => a - b)
  const rows = Object.entries(GROWTH_ACTS).flatMap(([act, title]) =>
    Object.entries(results.servers).map(([name, server]) => [
      title,
      server,
      ...sizes.map((size) => cpuOf(medians(results, `growth-${act}-${size}`, name))),
    ]),
  )
  return table(['act', 'server', ...figures(sizes.map((size) => size.toLocaleString('en')))], rows)
}

/** What our first turn took, on code that had not run before, and what each later one does: CPU ms an operation. */
export function renderFirst(results: Results, operations: readonly Operation[]): string | undefined {
  const [ours = ''] = Object.keys(results.servers)
  const rows = operations
    .flatMap((each) => each.rows)
    .flatMap((row) => {
      const [first, later] = [medians(results, row.id, ours, true).get('cpu'), medians(results, row.id, ours).get('cpu')]
      return first === undefined || later === undefined ? [] : [[row.title, figure(first), figure(later), times(first / later)]]
    })
  return rows.length === 0 ? undefined : table(['operation', ...figures(['first turn', 'later', 'first by later'])], rows)
}

export function renderLimits(results: Results): string {
  return table(
    ['', ...figures(['CPU ms', 'a second', 'p50 ms', 'p99 ms'])],
    LIMITS.rows.map((row) => {
      const own = medians(results, row.id, 'machine')
      return [row.title, ...['cpu', 'rate', 'p50', 'p99'].map((name) => figure(own.get(name)))]
    }),
  )
}
