import type { Crowd } from './attackers.ts'
import { type LoopDelay, median, percentile } from './figures.ts'
import type { HonestReport } from './honest.ts'
import { KINDS } from './kinds.ts'

/** What was measured. */
export interface Run {
  /** MiB of the server's own (PSS), a second each. */
  readonly memory: readonly number[]
  /** Processors that it kept busy. */
  readonly load: number
  /** The most that was resident (MiB). */
  readonly rss: number
  readonly delay: LoopDelay | undefined
  /** How late a process with nothing to do was beside it (ms, p99): what the machine itself adds. */
  readonly idle: number
  /** The strangers, a second each. */
  readonly crowds: readonly Crowd[]
  readonly ends: Crowd
  readonly report: HonestReport
  /** Message-IDs of the honest mailbox. */
  readonly found: readonly string[]
  readonly errors: readonly string[]
  readonly code: number | null
}

interface Judged {
  readonly good: boolean
  readonly text: string
}

/** ms. */
const MOST_DELAY = 50
const MOST_SENDING = 250
/** Of each kind at once, and of those that say nothing. */
const LEAST = 100
const LEAST_IDLE = 1950
/** MiB, and a part of it, by which the memory of the last third of the run may be above that of the second: rubbish waits to be collected. */
const ROOM = 24
const PART = 0.08

export function judge(run: Run): Judged[] {
  const { delay, report, errors, code } = run
  const [middle, last] = thirds(run.memory)
  const sending = percentile(report.sending, 99)
  const left = KINDS.filter(({ name }) => (run.ends[name]?.ends.never ?? 0) > 0).map(({ name }) => name)
  const few = KINDS.filter(({ name, count }) => leastOpen(run, name) < (count > 1000 ? LEAST_IDLE : LEAST))
  const missing = report.accepted.filter((id) => !run.found.includes(id))
  const more = run.found.filter((id, at) => run.found.indexOf(id) !== at)
  return [
    {
      good: last - middle < ROOM + PART * middle,
      text: `memory is flat: ${show(middle)} MiB in the second third, ${show(last)} in the last`,
    },
    { good: (delay?.p99 ?? Infinity) < MOST_DELAY, text: `event loop delay p99 ${show(delay?.p99)} ms, below ${MOST_DELAY}` },
    { good: sending < MOST_SENDING, text: `honest mail is taken within ${show(sending)} ms (p99), below ${MOST_SENDING}` },
    { good: report.refused.length === 0 && report.accepted.length > 0, text: `no honest mail is refused: ${brief(report.refused)}` },
    {
      good: report.failures.length === 0 && report.imap.length > 0 && report.pop3.length > 0,
      text: `reading goes on: ${brief(report.failures)}`,
    },
    {
      good: missing.length === 0 && more.length === 0,
      text: `each is there once: missing ${brief(missing)}, more than once ${brief(more)}`,
    },
    { good: left.length === 0, text: `every conversation is ended in its time: ${brief(left)}` },
    { good: few.length === 0, text: `enough of each kind at once: ${brief(few.map(({ name }) => name))}` },
    { good: errors.length === 0 && code === 0, text: `the server logs no errors and ends well: ${brief(errors)}, ${code}` },
  ]
}

function thirds(values: readonly number[]): [middle: number, last: number] {
  const third = Math.floor(values.length / 3)
  return [median(values.slice(third, 2 * third)), median(values.slice(2 * third))]
}

const leastOpen = ({ crowds }: Run, name: string): number => Math.min(...crowds.map((crowd) => crowd[name]?.open ?? 0))

const show = (value: number | undefined): string => (value ?? Number.NaN).toFixed(value !== undefined && value < 10 ? 1 : 0)

const brief = (list: readonly string[]): string => (list.length === 0 ? 'none' : `${list.length} (${list.slice(0, 3).join('; ')})`)

export function table(run: Run): string {
  const { memory, load, rss, delay, idle, report, ends } = run
  const times = (values: readonly number[]): string =>
    `${[50, 99, 100].map((percent) => show(percentile(values, percent))).join(' / ')} ms (p50 / p99 / most), ${values.length} times`
  const rows: [string, string][] = [
    [
      'memory (PSS)',
      `${show(memory[0])} MiB at first, ${show(median(memory))} in the middle, ${show(memory.at(-1))} at last, ${show(Math.max(...memory))} at most`,
    ],
    ['processors kept busy', load.toFixed(2)],
    ['resident at most', `${show(rss)} MiB; at last ${show(delay?.heap)} of its heap, ${show(delay?.outside)} outside of it`],
    [
      'event loop delay',
      `${[delay?.p50, delay?.p99, delay?.max].map(show).join(' / ')} ms (p50 / p99 / most); p99 by perf_hooks ${show(delay?.nodeP99)} ms; computed at once ${show(delay?.computed)} ms at most`,
    ],
    ['of a process that does nothing', `${show(idle)} ms (p99)`],
    ['honest mail, connecting to 250', times(report.sending)],
    ['honest mail, dot to 250', times(report.accepting)],
    ['IMAP: EXAMINE and FETCH', times(report.imap)],
    ['POP3: a session', times(report.pop3)],
    ...KINDS.map(({ name }): [string, string] => {
      const count = Object.entries(ends[name]?.ends ?? {}).filter(([, number]) => number > 0)
      return [
        name,
        `${leastOpen(run, name)} at once or more; ended ${count.map(([how, number]) => `${how} ${number}`).join(', ') || 'none yet'}`,
      ]
    }),
  ]
  const width = Math.max(...rows.map(([name]) => name.length))
  return rows.map(([name, text]) => `${name.padEnd(width)}  ${text}`).join('\n')
}
