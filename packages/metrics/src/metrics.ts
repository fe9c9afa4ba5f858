import type { Logger } from '@mailstead/base'
import { MAX_VALUES } from './limits.ts'
import { COUNTERS, GAUGES, PREFIX, type Counter, type CounterName, type Gauge, type GaugeName } from './table.ts'

/** What is looked at: a number, or one for each value of the label. What is not there is not told. */
export type Observed = Partial<Readonly<Record<GaugeName, number | Readonly<Record<string, number>>>>>

const OTHER = 'other'

/** Counts of this process. */
export class Metrics {
  readonly #counts = new Map<CounterName, Map<string, number>>()
  readonly #byEvent = new Map<string, readonly CounterName[]>()

  constructor() {
    for (const name of Object.keys(COUNTERS) as CounterName[]) {
      const { event, label }: Counter = COUNTERS[name]
      this.#counts.set(name, new Map(label === undefined ? [['', 0]] : []))
      if (event !== undefined) this.#byEvent.set(event, [...(this.#byEvent.get(event) ?? []), name])
    }
  }

  /** One more, under a value of the counter's label. */
  count(name: CounterName, value = ''): void {
    const counts = this.#counts.get(name) as Map<string, number>
    const key = counts.has(value) || counts.size < MAX_VALUES ? value : OTHER
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }

  /** The same log, whose events are counted, those too that are below its level. */
  listen(log: Logger): Logger {
    const at =
      (level: 'debug' | 'info' | 'warn' | 'error') =>
      (event: string, fields?: object): void => {
        this.#note(event, fields)
        log[level](event, fields)
      }
    return {
      debug: at('debug'),
      info: at('info'),
      warn: at('warn'),
      error: at('error'),
      child: (fields) => this.listen(log.child(fields)),
    }
  }

  /** In the text format of Prometheus. */
  print(observed: Observed): string {
    const counters = (Object.keys(COUNTERS) as CounterName[]).map((name) => {
      const { help, label, name: words }: Counter = COUNTERS[name]
      return family(`${words}_total`, help, 'counter', label?.name, [...(this.#counts.get(name) ?? [])])
    })
    const gauges = (Object.keys(GAUGES) as GaugeName[]).map((name) => {
      const { help, label, counter, name: words }: Gauge = GAUGES[name]
      const value = observed[name]
      const samples = typeof value === 'object' ? Object.entries(value) : value === undefined ? [] : [['', value] as const]
      return family(words, help, counter === true ? 'counter' : 'gauge', label, samples)
    })
    return [...counters, ...gauges].join('')
  }

  #note(event: string, fields: object = {}): void {
    for (const name of this.#byEvent.get(event) ?? []) {
      const { label }: Counter = COUNTERS[name]
      const value = label?.of(fields as Readonly<Record<string, unknown>>)
      if (label === undefined) this.count(name)
      else if (typeof value === 'string') this.count(name, value)
    }
  }
}

function family(
  name: string,
  help: string,
  type: 'counter' | 'gauge',
  label: string | undefined,
  samples: readonly (readonly [string, number])[],
): string {
  if (samples.length === 0) return ''
  const full = `${PREFIX}${name}`
  const lines = samples.map(([value, number]) => `${full}${label === undefined ? '' : `{${label}="${escaped(value)}"}`} ${number}\n`)
  return `# HELP ${full} ${help}\n# TYPE ${full} ${type}\n${lines.join('')}`
}

const escaped = (value: string): string => value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
