/** What is measured beside Dovecot: how each operation is run, which figures come of it, and what they are to be. */

/** What an operation is to reach. */
export type Goal =
  /** At least so many times better than the better peer. */
  | { readonly kind: 'ratio'; readonly cpu?: number; readonly rate?: number; readonly p99?: number }
  /** At most these: name in the figures to value and unit. */
  | { readonly kind: 'limit'; readonly limits: Readonly<Record<string, readonly [most: number, unit: string]>> }

/** Names in limits.ts, without `limit-`, to how often. */
export type Needs = Readonly<Record<string, number>>

export interface Row {
  /** Its name in the results. */
  readonly id: string
  /** The phase of the generator's output that it comes from. */
  readonly phase: string
  readonly title: string
  readonly goal?: Goal
  /** The peer that the goal is about, where it is not the better one. */
  readonly beside?: string
  /** Members that have to be the same from all servers: the answers are. */
  readonly same?: readonly string[]
  /** What no server can do without: how often each limit of the machine goes into one operation. */
  readonly needs?: Needs
  /** Its p50 and p99 say how long a client waits for one operation. */
  readonly waits?: boolean
}

export interface Operation {
  /** For --only. */
  readonly name: string
  readonly group: string
  /** Given to the generator. */
  readonly run: readonly string[]
  /** Options in place of those, for a short run. */
  readonly quick?: Readonly<Record<string, number>>
  readonly rows: readonly Row[]
  /** The server forgets before what it has worked out from messages. */
  readonly forget?: boolean
  /** At most so often: what takes long. */
  readonly runs?: number
  /** Not in a short run. */
  readonly long?: boolean
  /** What is measured; all servers, where it is not said. */
  readonly on?: 'ours' | 'machine'
  /** Done by the benchmark itself, not by the generator alone. */
  readonly own?: 'start' | 'install' | 'limits'
}

/** The mailbox that most operations look at, and how many messages it holds. */
export const BIG = 'Big'
const MESSAGES = 10_000
/** The group of what is shown by size of the mailbox. */
export const GROWTH = 'As a mailbox grows'
const big = (...more: (string | number)[]): string[] => [
  '--first',
  '401',
  '--folder',
  BIG,
  '--messages',
  String(MESSAGES),
  ...more.map(String),
]

const times = (cpu: number, rate = cpu): Goal => ({ kind: 'ratio', cpu, rate })
const row = (id: string, title: string, goal?: Goal, more: Partial<Row> = {}): Row => ({
  id,
  phase: id,
  title,
  ...(goal === undefined ? {} : { goal }),
  ...more,
})

function deliver(name: string, title: string, goal: Goal, needs: Needs, options: Readonly<Record<string, number>>): Operation {
  const { messages = 0 } = options
  return {
    name,
    group: 'Mail comes in',
    run: ['deliver', ...Object.entries({ size: 5120, ...options }).flatMap(([option, value]) => [`--${option}`, String(value)])],
    quick: { messages: Math.ceil(messages / 4) },
    rows: [row(name, title, goal, { phase: 'deliver', waits: true, needs })],
  }
}

function fetch(
  name: string,
  title: string,
  goal: Goal,
  phase: 'headers' | 'envelopes' | 'flags',
  more: Partial<Operation> = {},
): Operation {
  const needs = phase === 'flags' ? { loopback: 0.000_05 } : { 'read-lines': 1, loopback: 0.0006 }
  return {
    name,
    group: 'Reading',
    run: [phase, ...big('--least', more.forget === true ? 0 : 1)],
    rows: [row(name, title, goal, { phase, needs, ...(phase === 'headers' ? { same: ['octets'] } : {}) })],
    ...more,
  }
}

/** Acts of the generator's `growth`. */
export const GROWTH_ACTS = {
  select: 'SELECT',
  store: 'STORE of one message',
  fetch: 'FETCH of one message',
  search: 'SEARCH, a hit',
  append: 'APPEND of a message',
  deliver: 'SMTP, a message',
} as const

function growth(messages: number): Operation {
  const size = messages.toLocaleString('en')
  return {
    name: `growth-${messages}`,
    group: GROWTH,
    run: ['growth', '--first', String(410 + Math.round(Math.log10(messages))), '--messages', String(messages), '--least', '0.5'],
    rows: Object.entries(GROWTH_ACTS).map(([act, title]) =>
      row(`growth-${act}-${messages}`, `${title}, ${size} there`, undefined, { phase: `growth-${act}` }),
    ),
    runs: 1,
    ...(messages > 10_000 ? { long: true } : {}),
    ...(messages > 100_000 ? { on: 'ours' } : {}),
  }
}

export const POPULATE: Operation = {
  name: 'populate',
  group: 'Mail comes in',
  run: ['populate', ...big()],
  rows: [row('populate', `APPEND of ${MESSAGES.toLocaleString('en')} messages of all sizes (406 MB), pipelined`)],
  runs: 1,
}

export const OPERATIONS: readonly Operation[] = [
  POPULATE,
  deliver('smtp-1', 'SMTP 5 KiB until visible, 1 connection', times(5), { commit: 1, echo: 2 }, { messages: 300, connections: 1 }),
  deliver(
    'smtp-10',
    'SMTP 5 KiB until visible, 10 connections',
    times(6, 12),
    { 'commit-10': 1, echo: 2 },
    { messages: 1000, connections: 10 },
  ),
  deliver(
    'smtp-50',
    'SMTP 5 KiB until visible, 50 connections',
    times(6, 12),
    { 'commit-50': 1, echo: 2 },
    { messages: 1000, connections: 50 },
  ),
  deliver(
    'smtp-new',
    'SMTP 5 KiB until visible, a connection a message, 10 at once',
    times(5),
    { 'commit-10': 1, connect: 1, echo: 4 },
    { messages: 600, connections: 10, 'per-connection': 1 },
  ),
  deliver(
    'smtp-large',
    'SMTP 1 MiB until visible, 4 connections',
    times(3),
    { 'commit-large': 1, loopback: 1.05 },
    { messages: 60, connections: 4, size: 1_048_576 },
  ),
  {
    name: 'append',
    group: 'Mail comes in',
    run: ['append', '--first', '402', '--messages', '1000', '--size', '5120'],
    quick: { messages: 300 },
    rows: [
      row('append', 'APPEND 5 KiB one by one', times(3), { waits: true, needs: { commit: 1, echo: 2 } }),
      row('append-pipelined', 'APPEND 5 KiB, 50 commands at once', times(8), { needs: { 'commit-50': 1 } }),
      row('append-multi', 'APPEND 5 KiB, 50 messages a command (MULTIAPPEND)', times(8), { needs: { 'commit-50': 1 } }),
    ],
  },
  fetch('headers-first', "Headers of 10,000 for the first time (Thunderbird's)", times(10), 'headers', { forget: true }),
  fetch('envelopes-first', 'ENVELOPE and BODYSTRUCTURE of 10,000 for the first time', times(10), 'envelopes', {
    forget: true,
  }),
  fetch('headers', 'Headers of 10,000 again', times(1.5), 'headers'),
  fetch('envelopes', 'ENVELOPE and BODYSTRUCTURE of 10,000 again', times(2), 'envelopes'),
  fetch('flags', 'FLAGS of 10,000', times(1), 'flags'),
  {
    name: 'bodies',
    group: 'Reading',
    run: ['bodies', ...big('--least', 0)],
    rows: [
      row('bodies', 'Bodies of 10,000 (406 MB)', times(1), { needs: { 'read-values': 1, loopback: 0.041 } }),
      row('bodies-tls', 'Bodies of 10,000 over TLS', times(2), { needs: { 'read-values': 1, tls: 0.041 } }),
    ],
  },
  {
    name: 'login',
    group: 'Sessions and mailboxes',
    run: ['login', '--first', '401', '--folder', BIG, '--messages', '100'],
    quick: { messages: 40 },
    rows: [row('login', 'LOGIN, SELECT of 10,000, LOGOUT', times(3), { waits: true, needs: { connect: 1, echo: 3 } })],
  },
  {
    name: 'status',
    group: 'Sessions and mailboxes',
    run: ['statuses', '--first', '403', '--least', '0.5'],
    rows: [
      row('status', 'STATUS of a mailbox', times(2), { waits: true, needs: { echo: 1 } }),
      row('list-status', 'LIST with STATUS of 50, a mailbox', times(2), { needs: { echo: 0.02 } }),
    ],
  },
  {
    name: 'store',
    group: 'Changing',
    run: ['store', ...big('--messages', 500)],
    quick: { messages: 200 },
    rows: [
      row('store-all', 'STORE on 10,000, a message', times(1), { needs: { 'update-all': 1, loopback: 0.000_05 } }),
      row('store', 'STORE on one message, beside the peer that syncs (as shipped)', times(4), {
        beside: 'dovecot',
        waits: true,
        needs: { update: 1, echo: 1 },
      }),
    ],
  },
  {
    name: 'search',
    group: 'Finding',
    run: ['search', ...big()],
    rows: [
      row('search-subject', 'SEARCH SUBJECT in 10,000', times(10), { same: ['hits', 'answer'] }),
      row('search-from', 'SEARCH FROM', times(10), { same: ['hits', 'answer'] }),
      row('search-since', 'SEARCH SINCE', undefined, { same: ['hits', 'answer'] }),
      row('search-unseen', 'SEARCH UNSEEN', undefined, { same: ['hits', 'answer'] }),
      row('search-body', 'SEARCH BODY', times(50), { same: ['hits', 'answer'] }),
      row('search-text', 'SEARCH TEXT', times(50), { same: ['hits', 'answer'] }),
    ],
  },
  {
    name: 'sort',
    group: 'Finding',
    run: ['sort', ...big()],
    rows: [
      row('sort-date', 'SORT (DATE) of 10,000', times(3), { same: ['answer'] }),
      row('sort-arrival', 'SORT (REVERSE ARRIVAL)', times(3), { same: ['answer'] }),
      row('sort-subject', 'SORT (SUBJECT)', times(3), { same: ['answer'] }),
      row('sort-from', 'SORT (FROM)', times(3), { same: ['answer'] }),
      row('thread', 'THREAD REFERENCES of 10,000', times(5), { same: ['answer'] }),
    ],
  },
  {
    name: 'copy',
    group: 'Changing',
    run: ['copy', ...big('--messages', 300)],
    quick: { messages: 100 },
    rows: [
      row('copy', 'COPY of 10,000, a message', times(20), { needs: { 'copy-all': 1 } }),
      row('move', 'MOVE of 10,000, a message', times(20), { needs: { 'copy-all': 1, 'delete-all': 1 } }),
      row('expunge', 'EXPUNGE of 10,000, a message', times(3), { needs: { 'delete-all': 1 } }),
      row('move-one', 'MOVE of one message', times(3), { waits: true, needs: { update: 1, echo: 1 } }),
    ],
  },
  {
    name: 'pop3',
    group: 'Reading',
    run: ['pop3', '--first', '404', '--messages', '1000'],
    rows: [
      row('pop3', 'POP3: 1,000 RETR, one by one', times(1), {
        same: ['octets'],
        waits: true,
        needs: { 'read-values': 1, loopback: 0.041, echo: 1 },
      }),
      row('pop3-pipelined', 'POP3: 1,000 RETR, 20 at once', times(1), {
        same: ['octets'],
        needs: { 'read-values': 1, loopback: 0.041 },
      }),
    ],
  },
  {
    name: 'idle',
    group: 'Many at once',
    run: ['idle', '--tls', '1', '--connections', '500', '--users', '400', '--messages', '100'],
    quick: { messages: 40 },
    rows: [
      row(
        'push',
        'From 250 of SMTP to EXISTS at an idling client, 500 idling',
        { kind: 'limit', limits: { p50: [3, 'ms'], p99: [15, 'ms'] } },
        { waits: true },
      ),
    ],
    runs: 1,
  },
  {
    name: 'idle-many',
    group: 'Many at once',
    run: ['idle', '--tls', '1', '--connections', '2000', '--users', '400', '--messages', '0'],
    rows: [
      row(
        'idle-many',
        '2,000 idling sessions over TLS: memory of each, and of the whole server',
        { kind: 'limit', limits: { each: [64, 'KiB'], total: [300, 'MB'] } },
        { phase: 'idle' },
      ),
    ],
    runs: 1,
    long: true,
  },
  {
    name: 'mixed',
    group: 'Many at once',
    run: ['mixed', '--users', '50', '--seconds', '20'],
    quick: { seconds: 10 },
    rows: [row('mixed', '50 users at work', { kind: 'ratio', cpu: 2, p99: 1 }, { waits: true })],
    runs: 2,
  },
  growth(1_000),
  growth(10_000),
  growth(100_000),
  growth(1_000_000),
  {
    name: 'install',
    group: 'Starting',
    run: [],
    on: 'ours',
    own: 'install',
    runs: 1,
    rows: [row('install', '`npm ci` on a clean machine', { kind: 'limit', limits: { seconds: [30, 's'] } })],
  },
  {
    name: 'start',
    group: 'Starting',
    run: [],
    own: 'start',
    rows: [
      row('start', 'From exec to all banners; memory at rest', { kind: 'limit', limits: { started: [500, 'ms'], memory: [120, 'MB'] } }),
    ],
  },
]
