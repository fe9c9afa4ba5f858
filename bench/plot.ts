import type { Operation, Row } from './operations.ts'
import { times } from './report.ts'
import { ratios, type Ratios, type Results } from './results.ts'
import { box, legend, line, svg, text } from './svg.ts'

const LABELS = 390
const WIDTH = 900
const TOP = 50
const STEP = 30
/** For the figure behind the longest bar. */
const BEHIND = 50

const FIGURES = ['cpu', 'rate'] as const

interface Shown {
  readonly row: Row
  readonly got: Ratios
}

/** How many times better than the better peer, by powers of ten, each row with its goal. */
export function plotRatios(results: Results, operations: readonly Operation[]): string {
  const shown = operations
    .flatMap(({ rows }) => rows)
    .filter((row) => row.goal?.kind !== 'limit')
    .map((row) => ({ row, got: ratios(results, row) }))
    .filter(({ got }) => got.cpu !== undefined)
  const powers = shown.flatMap(({ got }) => [got.cpu ?? 1, got.rate ?? 1]).map(Math.log10)
  const [low, high] = [Math.min(-1, Math.floor(Math.min(...powers, 0))), Math.max(1, Math.ceil(Math.max(...powers, 0)))]
  const across = (ratio: number): number => LABELS + ((Math.log10(ratio) - low) / (high - low)) * (WIDTH - LABELS - BEHIND)
  const height = TOP + shown.length * STEP
  const ticks = Array.from({ length: high - low + 1 }, (_, n) => 10 ** (low + n)).flatMap((at) => [
    line(across(at), TOP - 12, across(at), height, at === 1 ? 'goal' : ''),
    text(across(at), TOP - 18, `${Number(at.toPrecision(1))}×`, 'middle'),
  ])
  return svg(WIDTH, height, [
    text(0, 12, 'Times better than the better peer', 'head'),
    ...legend(['CPU', 'rate'], 260, 12, 60),
    line(385, 2, 385, 14, 'goal'),
    text(392, 12, 'goal'),
    ...ticks,
    ...shown.flatMap((each, n) => bars(each, TOP + n * STEP, across)),
  ])
}

function bars({ row, got }: Shown, y: number, across: (ratio: number) => number): string[] {
  const goal = row.goal?.kind === 'ratio' ? row.goal : undefined
  const both = FIGURES.flatMap((name, n) => {
    const [ratio, wanted, top] = [got[name], goal?.[name], y + n * 11]
    if (ratio === undefined) return []
    const [from, to] = [Math.min(across(1), across(ratio)), Math.max(across(1), across(ratio))]
    return [
      box(from, top, to - from, 9, n),
      text(Math.max(to, across(wanted ?? 10 ** -9)) + 5, top + 9, times(ratio)),
      ...(wanted === undefined ? [] : [line(across(wanted), top - 1, across(wanted), top + 10, 'goal')]),
    ]
  })
  return [text(LABELS - 10, y + 14, row.title, 'end'), ...both]
}
