/** A label and where its value stands among the fields of the event; absent there: the event is another one of the same text, and not counted. */
interface Label {
  readonly name: string
  readonly of: (fields: Readonly<Record<string, unknown>>) => unknown
}

export interface Counter {
  /** Without its prefix and `_total`. */
  readonly name: string
  readonly help: string
  /** The log's event that it counts; absent: it is counted where it happens. */
  readonly event?: string
  readonly label?: Label
}

export interface Gauge {
  readonly name: string
  readonly help: string
  /** A counter that somebody else keeps. */
  readonly counter?: true
  readonly label?: string
}

const field = (name: string, key = name): Label => ({ name, of: (fields) => fields[key] })

/** The class of a reply: `4`, `5`. */
const replyClass: Label = { name: 'class', of: ({ reply }) => (typeof reply === 'string' ? reply.charAt(0) : undefined) }

/** Everything that is counted. */
export const COUNTERS = {
  sessions: { name: 'sessions', help: 'Connections that were served, by listener.', label: field('role') },
  handshakes: { name: 'tls_handshakes', help: 'TLS handshakes with clients that succeeded, by version.', label: field('version') },
  handshakesFailed: {
    name: 'tls_handshakes_failed',
    help: 'TLS handshakes of SMTP, and from the first octet, that failed.',
    event: 'TLS handshake failed',
  },
  refusedConnections: {
    name: 'connections_refused',
    help: 'Connections that were turned away, by reason.',
    event: 'connection refused',
    label: field('reason'),
  },
  loggedIn: { name: 'logins', help: 'Logins that succeeded, by protocol.', event: 'logged in', label: field('protocol') },
  loginsRefused: {
    name: 'logins_refused',
    help: 'Logins that were refused, by reason.',
    event: 'login refused',
    label: field('reason', 'failure'),
  },
  accepted: {
    name: 'messages_accepted',
    help: 'Messages answered with 250, by protocol.',
    event: 'message accepted',
    label: field('protocol'),
  },
  refused: {
    name: 'messages_refused',
    help: 'Messages that were refused at their end, by reason.',
    event: 'message refused',
    label: field('reason'),
  },
  notKept: {
    name: 'messages_not_kept',
    help: 'Messages that the server was not able to keep: their senders try again.',
    event: 'message was not kept',
  },
  recipientsRefused: {
    name: 'recipients_refused',
    help: 'Recipients that were refused, by reason.',
    event: 'recipient refused',
    label: field('reason'),
  },
  replies: { name: 'smtp_refusals', help: 'Answers of SMTP that say no, by the first digit.', event: 'refused', label: replyClass },
  delivered: { name: 'deliveries', help: 'Recipients here whose mailbox has the message.', event: 'delivered' },
  queued: { name: 'recipients_queued', help: 'Recipients elsewhere that were queued.', event: 'queued' },
  screened: {
    name: 'screened',
    help: 'Strangers whose mail was judged, by what was decided.',
    event: 'screened',
    label: field('decision'),
  },
  greylisted: { name: 'greylisted', help: 'Recipients whose sender was asked to come again.', event: 'greylisted' },
  rates: {
    name: 'rates_exceeded',
    help: 'Times that an address or a network did too much, by what.',
    event: 'rate exceeded',
    label: field('what'),
  },
  sendsTooMuch: {
    name: 'sending_refused',
    help: 'Recipients refused since their account had sent to too many.',
    event: 'account sends too much',
  },
  alerts: { name: 'sending_alerts', help: 'Accounts that suddenly sent a lot.', event: 'account suddenly sends a lot' },
  attempts: {
    name: 'attempts',
    help: 'Attempts to send, one a recipient, by what became of it.',
    event: 'recipient tried',
    label: field('result'),
  },
  unreached: {
    name: 'destinations_unreached',
    help: 'Times that no server of a destination took a connection.',
    event: 'destination not reached',
  },
  told: { name: 'reports_sent', help: 'Reports to senders.', event: 'sender is told' },
  heard: { name: 'reports_heard', help: 'Delivery reports of other servers.', event: 'report heard' },
} as const satisfies Record<string, Counter>

export type CounterName = keyof typeof COUNTERS

/** Everything that is looked at when somebody asks. */
export const GAUGES = {
  connections: { name: 'connections', help: 'Connections that are open.' },
  open: { name: 'open_sessions', help: 'Sessions that are open, by listener.', label: 'role' },
  queued: { name: 'queue_recipients', help: 'Recipients that wait to leave, held ones too.' },
  held: { name: 'queue_held_recipients', help: 'Those of them that are held.' },
  tried: { name: 'queue_tried_recipients', help: 'Those of them that were tried before.' },
  oldest: { name: 'queue_oldest_seconds', help: 'How long the one that came first waits; 0 when nothing does.' },
  commits: { name: 'store_commits_total', help: 'Commits of the store.', counter: true },
  acts: { name: 'store_acts_total', help: 'Acts in them: several that come together share a commit.', counter: true },
  commitSeconds: { name: 'store_commit_seconds_total', help: 'Time that they took.', counter: true },
  database: { name: 'store_database_bytes', help: 'Size of the database.' },
  wal: { name: 'store_wal_bytes', help: 'Size of its write-ahead log.' },
  loopDelay: { name: 'event_loop_delay_seconds', help: 'How late the event loop was since the last look.', label: 'quantile' },
  memory: { name: 'memory_bytes', help: 'Memory of the process, by kind.', label: 'kind' },
  cpu: { name: 'cpu_seconds_total', help: 'Processor time of the process.', counter: true },
  uptime: { name: 'uptime_seconds', help: 'Since the start.' },
} as const satisfies Record<string, Gauge>

export type GaugeName = keyof typeof GAUGES

export const PREFIX = 'mailstead_'
