import { COUNTERS, GAUGES, PREFIX, type Counter, type Gauge } from './table.ts'

const HEAD = `# Metrics

<!-- Written by scripts/docs.ts from packages/metrics/src/table.ts. Do not edit. -->

    [metrics]
    port = 9464

has \`http://127.0.0.1:9464/metrics\` tell how much happens, in the text format of Prometheus. It is off when nothing is said, and on this machine only, since
nobody logs in there; what is told names no person and no address. Counters begin at 0 with the server.

`

/** The text of docs/metrics.md. */
export function metricsDocs(): string {
  const counters = Object.values<Counter>(COUNTERS).map(({ name, help, event, label }) => {
    const source = event === undefined ? '' : ` The log says \`${event}\`.`
    return row(`${name}_total`, 'counter', label?.name, help + source)
  })
  const gauges = Object.values<Gauge>(GAUGES).map(({ name, help, counter, label }) =>
    row(name, counter === true ? 'counter' : 'gauge', label, help),
  )
  return `${HEAD}| name | kind | label | meaning |\n| --- | --- | --- | --- |\n${[...counters, ...gauges].join('')}`
}

function row(name: string, kind: string, label: string | undefined, help: string): string {
  return `| \`${PREFIX}${name}\` | ${kind} | ${label === undefined ? '' : `\`${label}\``} | ${help} |\n`
}
