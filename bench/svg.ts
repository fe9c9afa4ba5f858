/** Pieces of plots, legible on light and dark pages: they bring their own background, and colours for both. */

/** Colours of what is compared, on light and on dark. */
const SERIES = [
  ['#0969da', '#58a6ff'],
  ['#bc4c00', '#f0883e'],
  ['#1a7f37', '#3fb950'],
] as const

const both = (at: 0 | 1, page: string, ink: string, rule: string): string =>
  [
    `.page{fill:${page}}text{fill:${ink}}line{stroke:${rule}}.goal{stroke:${ink}}`,
    ...SERIES.map((colours, n) => `.s${n}{fill:${colours[at]}}.c${n}{stroke:${colours[at]};fill:none}`),
  ].join('')

const STYLE = `text{font:12px sans-serif}.head{font-weight:bold}.end{text-anchor:end}.middle{text-anchor:middle}.goal{stroke-width:2}.curve{stroke-width:2}
${both(0, '#ffffff', '#1f2328', '#d1d9e0')}
@media (prefers-color-scheme:dark){${both(1, '#0d1117', '#e6edf3', '#30363d')}}`

const MARGIN = 16

export function svg(width: number, height: number, parts: readonly string[]): string {
  const [wide, high] = [width + 2 * MARGIN, height + 2 * MARGIN]
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="${-MARGIN} ${-MARGIN} ${wide} ${high}" width="${wide}">
<style>${STYLE}</style>
<rect class="page" x="${-MARGIN}" y="${-MARGIN}" width="${wide}" height="${high}"/>
${parts.join('\n')}
</svg>
`
}

const escape = (said: string): string => said.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('`', '')

/** `kind`: classes, of head, end and middle. */
export const text = (x: number, y: number, said: string, kind = ''): string =>
  `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}"${kind === '' ? '' : ` class="${kind}"`}>${escape(said)}</text>`

export const line = (x1: number, y1: number, x2: number, y2: number, kind = ''): string =>
  `<line x1="${x1.toFixed(1)}" y1="${y1.toFixed(1)}" x2="${x2.toFixed(1)}" y2="${y2.toFixed(1)}"${kind === '' ? '' : ` class="${kind}"`}/>`

/** In the colour of series `n`. */
export const box = (x: number, y: number, width: number, height: number, n: number): string =>
  `<rect class="s${n}" x="${x.toFixed(1)}" y="${y.toFixed(1)}" width="${width.toFixed(1)}" height="${height.toFixed(1)}"/>`

export function curve(points: readonly (readonly [number, number])[], n: number): string {
  const way = points.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`)
  const dots = points.map(([x, y]) => `<circle class="s${n}" cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="3"/>`)
  return [`<polyline class="curve c${n}" points="${way.join(' ')}"/>`, ...dots].join('')
}

/** Boxes in the colours of the series, each with what it stands for. */
export const legend = (names: readonly string[], x: number, y: number, apart: number): string[] =>
  names.flatMap((name, n) => [box(x + n * apart, y - 9, 10, 10, n), text(x + n * apart + 15, y, name)])
