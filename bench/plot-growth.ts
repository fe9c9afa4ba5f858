import { GROWTH_ACTS } from './operations.ts'
import { medians, type Results } from './results.ts'
import { curve, legend, line, svg, text } from './svg.ts'

const PANEL = { width: 250, height: 170 }
const APART = { x: 310, y: 235 }
const LEFT = 50
const TOP = 60
const IN_A_ROW = 3

interface Point {
  readonly server: number
  /** Powers of ten: messages, CPU ms. */
  readonly x: number
  readonly y: number
}

/** A panel an act: CPU ms by messages in the mailbox, both by powers of ten, a curve a server. */
export function plotGrowth(results: Results): string {
  const acts = Object.entries(GROWTH_ACTS)
  const panels = acts.flatMap(([act, title], n) =>
    panel(title, pointsOf(results, act), LEFT + (n % IN_A_ROW) * APART.x, TOP + Math.floor(n / IN_A_ROW) * APART.y),
  )
  return svg(LEFT + APART.x * (IN_A_ROW - 1) + PANEL.width + 20, TOP + APART.y * Math.ceil(acts.length / IN_A_ROW) - 30, [
    text(0, 12, 'CPU ms of an act, by messages in the mailbox', 'head'),
    ...legend(Object.values(results.servers), 360, 12, 150),
    ...panels,
  ])
}

function pointsOf(results: Results, act: string): Point[] {
  const sizes = [...new Set(results.results.flatMap(({ row }) => new RegExp(`^growth-${act}-(\\d+)$`).exec(row)?.[1] ?? []))].map(Number)
  return Object.keys(results.servers).flatMap((name, server) =>
    sizes.flatMap((size) => {
      const cpu = medians(results, `growth-${act}-${size}`, name).get('cpu') ?? 0
      return cpu > 0 ? [{ server, x: Math.log10(size), y: Math.log10(cpu) }] : []
    }),
  )
}

function panel(title: string, points: readonly Point[], left: number, top: number): string[] {
  if (points.length === 0) return []
  const [xs, ys] = [points.map(({ x }) => x), points.map(({ y }) => y)]
  const [few, many] = [Math.min(...xs), Math.max(...xs)]
  const [low, high] = [Math.floor(Math.min(...ys)), Math.ceil(Math.max(...ys))]
  const across = (x: number): number => left + ((x - few) / Math.max(1, many - few)) * PANEL.width
  const down = (y: number): number => top + PANEL.height - ((y - low) / Math.max(1, high - low)) * PANEL.height
  return [
    text(left, top - 12, title, 'head'),
    ...range(low, high).flatMap((y) => [
      line(left, down(y), left + PANEL.width, down(y)),
      text(left - 8, down(y) + 4, `${Number((10 ** y).toPrecision(1))}`, 'end'),
    ]),
    ...range(few, many).map((x) => text(across(x), top + PANEL.height + 18, (10 ** x).toLocaleString('en'), 'middle')),
    ...[...new Set(points.map(({ server }) => server))].toReversed().map((server) =>
      curve(
        points.filter((point) => point.server === server).map(({ x, y }) => [across(x), down(y)]),
        server,
      ),
    ),
  ]
}

const range = (from: number, to: number): number[] => Array.from({ length: Math.round(to - from) + 1 }, (_, n) => from + n)
