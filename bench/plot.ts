/** Plots as SVG, legible on light and dark pages. */
import type { Operation, Row } from './operations.ts'
import { medians, ratios, type Results } from './results.ts'

const INK = '#6e7781'
const COLOURS = ['#0969da', '#d4732c', '#2da44e', '#8250df', '#cf222e', '#9a6700'] as const
const FONT = 'font-family="sans-serif" font-size="12"'

const escape = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
const text = (x: number, y: number, said: string, more = ''): string =>
  `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${FONT} fill="${INK}" ${more}>${escape(said)}</text>`
const line = (x1: number, y1: number, x2: number, y2: number, colour: string, more = ''): string =>
  `<line x1="${x1.toFixed(1)}" y1="${y1.toFixed(1)}" x2="${x2.toFixed(1)}" y2="${y2.toFixed(1)}" stroke="${colour}" ${more}/>`
const svg = (width: number, height: number, parts: readonly string[]): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}">\n${parts.join('\n')}\n</svg>\n`

const LABELS = 400
const WIDTH = 960
const STEP = 30
/** What a bar can show: a hundredth to a hundred times. */
const MOST = 100
const across = (ratio: number): number =>
  LABELS + ((Math.log10(Math.min(MOST, Math.max(1 / MOST, ratio))) + Math.log10(MOST)) / (2 * Math.log10(MOST))) * (WIDTH - LABELS - 20)

/** How many times better than the better peer, each row with its goal. */
export function plotRatios(results: Results, operations: readonly Operation[]): string {
  const rows = operations.flatMap((operation) => operation.rows).filter((row) => Object.keys(ratios(results, row)).length > 0)
  const shown = rows.filter((row) => row.goal?.kind !== 'limit')
  const height = 50 + shown.length * STEP
  const ticks = [0.01, 0.1, 1, 10, 100].flatMap((at) => [
    line(across(at), 30, across(at), height - 10, INK, `stroke-opacity="${at === 1 ? 1 : 0.3}"`),
    text(across(at), 24, `${at}×`, 'text-anchor="middle"'),
  ])
  const legend = [
    text(0, 12, 'times better than the better peer'),
    `<rect x="210" y="4" width="10" height="10" fill="${COLOURS[0]}"/>`,
    text(224, 13, 'CPU'),
    `<rect x="260" y="4" width="10" height="10" fill="${COLOURS[1]}"/>`,
    text(274, 13, 'rate; | goal'),
  ]
  return svg(WIDTH, height, [...legend, ...ticks, ...shown.flatMap((row, n) => bars(results, row, 40 + n * STEP))])
}

function bars(results: Results, row: Row, y: number): string[] {
  const got = ratios(results, row)
  const bar = (ratio: number | undefined, offset: number, colour: string): string[] => {
    if (ratio === undefined) return []
    const [from, to] = [Math.min(across(1), across(ratio)), Math.max(across(1), across(ratio))]
    return [`<rect x="${from.toFixed(1)}" y="${y + offset}" width="${(to - from).toFixed(1)}" height="9" fill="${colour}"/>`]
  }
  const mark = (ratio: number | undefined, offset: number): string[] =>
    ratio === undefined ? [] : [line(across(ratio), y + offset - 1, across(ratio), y + offset + 10, INK, 'stroke-width="2"')]
  const goal: { readonly cpu?: number; readonly rate?: number } = row.goal?.kind === 'ratio' ? row.goal : {}
  return [
    text(LABELS - 8, y + 14, row.title, 'text-anchor="end"'),
    ...bar(got.cpu, 0, COLOURS[0]),
    ...bar(got.rate, 11, COLOURS[1]),
    ...mark(goal.cpu, 0),
    ...mark(goal.rate, 11),
  ]
}

/** CPU ms an operation over the messages in the mailbox, both by powers of ten. Rows are named growth-ACT-MESSAGES. */
export function plotGrowth(results: Results): string {
  const [ours = ''] = Object.keys(results.servers)
  const points = [...new Set(results.results.map(({ row }) => row))].flatMap((row) => {
    const [, act, messages] = /^growth-(\w+)-(\d+)$/.exec(row) ?? []
    const cpu = medians(results, row, ours).get('cpu')
    return act === undefined || cpu === undefined ? [] : [{ act, x: Math.log10(Number(messages)), y: Math.log10(cpu) }]
  })
  const [left, right, top, bottom] = [60, 620, 20, 320]
  const [low, high] = [Math.floor(Math.min(...points.map(({ y }) => y))), Math.ceil(Math.max(...points.map(({ y }) => y)))]
  const [few, many] = [Math.min(...points.map(({ x }) => x)), Math.max(...points.map(({ x }) => x))]
  const at = ({ x, y }: { readonly x: number; readonly y: number }): readonly [number, number] => [
    left + ((x - few) / Math.max(1, many - few)) * (right - left),
    bottom - ((y - low) / Math.max(1, high - low)) * (bottom - top),
  ]
  const grid = Array.from({ length: high - low + 1 }, (_, n) => at({ x: few, y: low + n })[1]).flatMap((y, n) => [
    line(left, y, right, y, INK, 'stroke-opacity="0.3"'),
    text(left - 8, y + 4, `${Number((10 ** (low + n)).toPrecision(1))} ms`, 'text-anchor="end"'),
  ])
  const sizes = [...new Set(points.map(({ x }) => x))].map((x) =>
    text(at({ x, y: low })[0], bottom + 20, Math.round(10 ** x).toLocaleString('en'), 'text-anchor="middle"'),
  )
  const curves = [...new Set(points.map(({ act }) => act))].flatMap((act, n) => {
    const colour = COLOURS[n % COLOURS.length] ?? INK
    const way = points.filter((point) => point.act === act).map(at)
    const [x = 0, y = 0] = way.at(-1) ?? []
    return [
      `<polyline points="${way.map(([px, py]) => `${px.toFixed(1)},${py.toFixed(1)}`).join(' ')}" fill="none" stroke="${colour}" stroke-width="2"/>`,
      `<text x="${(x + 8).toFixed(1)}" y="${(y + 4).toFixed(1)}" ${FONT} fill="${colour}">${act}</text>`,
    ]
  })
  return points.length === 0 ? '' : svg(720, 350, [...grid, ...sizes, ...curves])
}
