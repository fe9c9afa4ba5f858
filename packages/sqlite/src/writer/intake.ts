import type {
  AccountId,
  DeliveryOutcome,
  EnvelopeParameters,
  HeardReport,
  Flags,
  LocalReport,
  MailboxId,
  Origin,
  QueuedCopy,
  QueuedRecipient,
  TlsDay,
  TraceKind,
  Uid,
} from '@mailstead/store'
import { StoreError } from '@mailstead/store'
import { canonicalName, INBOX } from '../names.ts'
import type { Sql } from '../sql.ts'
import type { WireBlob } from '../wire-blob.ts'
import type { Act } from './act.ts'
import type { BlobTable } from './blobs.ts'
import type { Counters } from './counters.ts'
import type { EmailTable } from './emails.ts'
import type { MessageTable } from './messages.ts'
import type { Owing, ReportTable } from './queue-reports.ts'
import type { QueueSettling, WireSettlement } from './queue-settling.ts'
import type { QueueTable, WireQueued } from './queue.ts'
import type { SentMail, WireSentCopy } from './sent-mail.ts'
import type { TlsDayTable } from './tls-days.ts'
import type { SuppressionTable } from './suppressions.ts'
import type { TraceTable } from './trace.ts'

export interface WireDelivery {
  readonly recipients: readonly string[]
  readonly account: AccountId
  readonly mailbox: string
  readonly prefix: Uint8Array
  readonly flags: Flags
}

export interface WirePlan {
  readonly queueId: string
  readonly blob: WireBlob
  readonly mailFrom: string
  readonly parameters: EnvelopeParameters
  readonly origin: Origin
  readonly receivedAt: number
  readonly receivedZone: number
  readonly deliveries: readonly WireDelivery[]
  readonly queued: readonly WireQueued[]
  readonly copies: readonly QueuedCopy[]
  readonly screened?: string
  readonly reports: readonly LocalReport[]
  readonly reported: readonly number[]
  readonly heard: readonly HeardReport[]
  readonly settled?: readonly WireSettlement[]
  readonly sentCopy?: WireSentCopy
  readonly tlsReport?: TlsDay
}

/** What became of a plan. `claimed`: the ids of those of `queued` that are claimed, in their order; `at`: since when they wait. */
export interface WireAccepted {
  readonly outcomes: readonly DeliveryOutcome[]
  readonly claimed: readonly number[]
  readonly at: number
}

/** RULES: one acceptance, one commit. */
export class IntakeTable {
  readonly #counters: Counters
  readonly #blobs: BlobTable
  readonly #emails: EmailTable
  readonly #messages: MessageTable
  readonly #queue: QueueTable
  readonly #reports: ReportTable
  readonly #settling: QueueSettling
  readonly #trace: TraceTable
  readonly #tlsDays: TlsDayTable
  readonly #suppressions: SuppressionTable
  readonly #sentMail: SentMail
  readonly #insert

  constructor(
    sql: Sql,
    counters: Counters,
    blobs: BlobTable,
    emails: EmailTable,
    messages: MessageTable,
    queue: QueueTable,
    reports: ReportTable,
    settling: QueueSettling,
    trace: TraceTable,
    tlsDays: TlsDayTable,
    suppressions: SuppressionTable,
    sentMail: SentMail,
  ) {
    this.#counters = counters
    this.#blobs = blobs
    this.#emails = emails
    this.#messages = messages
    this.#queue = queue
    this.#reports = reports
    this.#settling = settling
    this.#trace = trace
    this.#tlsDays = tlsDays
    this.#suppressions = suppressions
    this.#sentMail = sentMail
    this.#insert = sql.run(
      `INSERT INTO acceptance (queue_id, mail_from, ret, envid, require_tls, body, smtp_utf8, protocol, remote_address, helo_name,
        account_id, received_at, received_zone, size, blob_id, message_id, hold_request, deliver_by, deliver_by_mode, deliver_by_trace, priority,
        forgeable, accepted_at, events)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    )
  }

  accept(act: Act, plan: WirePlan): WireAccepted {
    const there = plan.deliveries.map(({ account }) => this.#counters.exists(account))
    if (plan.settled !== undefined) this.#settle(act, plan.queueId, plan.settled, there)
    // Each delivery's email and the queue as a whole refer to the blob.
    const owed = this.#owed(plan, there)
    const queueRefs = plan.queued.length > 0 || owed.length > 0 ? 1 : 0
    const sentCopy = this.#sentCopy(plan, there, act.now)
    const refs = there.filter(Boolean).length + queueRefs + (sentCopy === undefined ? 0 : 1)
    let blob: number | undefined
    if (refs > 0) blob = this.#blobs.keep(plan.blob, refs, act.now, there.includes(true) || sentCopy !== undefined)
    else if (plan.blob.id !== undefined) this.#blobs.discard(plan.blob.id)

    const events: [event: TraceKind, recipient: string, detail: string][] = []
    const trace = (...event: (typeof events)[number]): number => events.push(event)
    trace('accepted', '', `from <${plan.mailFrom}> by ${plan.origin.protocol}, ${plan.blob.size} octets`)
    if (plan.screened !== undefined) trace('screened', '', plan.screened)
    const outcomes = plan.deliveries.map((delivery, index): DeliveryOutcome => {
      if (there[index] !== true || blob === undefined) {
        for (const recipient of delivery.recipients) trace('failed', recipient, 'the account is gone')
        return { ok: false, code: 'account-not-found' }
      }
      const { mailbox, uid, name } = this.#deliver(act, plan, delivery, blob)
      for (const recipient of delivery.recipients) trace('delivered', recipient, `into ${name}, UID ${uid}`)
      return { ok: true, mailbox, uid }
    })
    if (sentCopy !== undefined && blob !== undefined) {
      const saved = this.#sentMail.save(act, sentCopy, blob, plan.blob, plan.receivedAt, plan.receivedZone)
      if (saved === undefined) this.#blobs.drop(blob, 1)
      else trace('saved', '', `into ${saved.name}, UID ${saved.uid}`)
    }
    for (const queued of plan.queued) trace('queued', queued.recipient, inWords(plan, queued, act.now))
    this.#record(plan, queueRefs > 0 ? blob : undefined, act.now, JSON.stringify(events))
    const claimed = plan.queued.length > 0 ? this.#queue.enqueue(act.now, plan) : []
    if (claimed.length < plan.queued.length) act.queue = true
    for (const each of owed) this.#reports.owe(act.now, each)
    if (owed.length > 0) act.queue = true
    this.#reports.carry(act, plan.reported, plan.queueId)
    if (plan.tlsReport !== undefined) this.#tlsDays.carry(plan.tlsReport)
    for (const each of plan.heard) this.#hear(act, each, plan.queueId)
    this.#keys(act, plan)
    return { outcomes, claimed, at: act.now }
  }

  /** What waited goes over to this message, all of it. */
  #settle(act: Act, queueId: string, settled: readonly WireSettlement[], there: readonly boolean[]): void {
    if (there.includes(false)) throw new StoreError('account-not-found', 'The account is gone')
    const refused = this.#settling.settle(act, settled, queueId)
    if (refused.length > 0) throw new StoreError('message-not-found', 'The recipient waits for this attempt no more')
  }

  /** What is sent to nobody is not kept as sent. */
  #sentCopy({ sentCopy, blob, queued }: WirePlan, there: readonly boolean[], now: number): WireSentCopy | undefined {
    if (sentCopy === undefined || (!there.includes(true) && queued.length === 0)) return undefined
    return this.#sentMail.wants(sentCopy, blob, now) ? sentCopy : undefined
  }

  #hear(act: Act, heard: HeardReport, report: string): void {
    const { queueId, diagnosis, dead } = heard
    if (this.#trace.heard(act.now, heard, report) && dead !== undefined)
      this.#suppressions.count(act, { address: dead, queueId, diagnosis, reported: true })
  }

  /** `events`: what became of it so far. */
  #record(plan: WirePlan, blobId: number | undefined, now: number, events: string): void {
    const { queueId, mailFrom, parameters, origin, receivedAt, receivedZone, blob } = plan
    this.#insert(
      queueId,
      mailFrom,
      parameters.ret ?? null,
      parameters.envid ?? null,
      parameters.requireTls === true ? 1 : parameters.tlsOptional === true ? -1 : 0,
      parameters.body ?? null,
      parameters.smtpUtf8 === true ? 1 : 0,
      origin.protocol,
      origin.remoteAddress ?? null,
      origin.heloName ?? null,
      origin.account ?? null,
      receivedAt,
      receivedZone,
      blob.size,
      blobId ?? null,
      blob.messageId ?? null,
      parameters.holdRequest ?? null,
      parameters.deliverBy?.at ?? null,
      parameters.deliverBy?.mode ?? null,
      parameters.deliverBy?.trace === true ? 1 : 0,
      parameters.priority ?? null,
      parameters.forgeable === true ? 1 : 0,
      now,
      events,
    )
  }

  /** What is told of local recipients. Whoever sent a message that nobody gets is told at once, and not again. */
  #owed({ queueId, reports, queued }: WirePlan, there: readonly boolean[]): Owing[] {
    if (!there.includes(true) && queued.length === 0) return []
    return reports.flatMap(({ recipient, parameters: { notify, orcpt }, delivery, ...told }): Owing[] => {
      const made = delivery !== undefined && there[delivery] === true
      const actions = [...(made ? (['delayed', 'delivered'] as const) : (['failed'] as const)), 'relayed' as const]
      return actions.flatMap((action): Owing[] => {
        const diagnosis = told[action]
        if (diagnosis === undefined) return []
        return [{ queueId, recipient, notify: notify?.join(',') ?? null, orcpt: orcpt ?? null, action, diagnosis }]
      })
    })
  }

  /** What the message is found by in the trace. */
  #keys(act: Act, { queueId, blob, mailFrom, parameters, deliveries, queued }: WirePlan): void {
    const elsewhere = queued.flatMap(({ recipient, original = recipient }) => [recipient, original])
    const keys = new Set([...deliveries.flatMap(({ recipients }) => recipients), ...elsewhere])
    if (mailFrom !== '') keys.add(mailFrom)
    if (blob.messageId !== undefined) keys.add(blob.messageId)
    // Reports of other servers name it.
    if (parameters.envid !== undefined && queued.length > 0) keys.add(parameters.envid)
    for (const key of keys) this.#trace.key(queueId, act.now, key)
  }

  #deliver(act: Act, plan: WirePlan, delivery: WireDelivery, blob: number): { mailbox: MailboxId; uid: Uid; name: string } {
    const named = this.#counters.mailboxNamed(delivery.account, canonicalName(delivery.mailbox))
    const mailbox = named ?? this.#counters.mailboxNamed(delivery.account, INBOX)
    if (mailbox === undefined) throw new Error(`Account ${delivery.account} has no INBOX`)
    const email = this.#emails.insert(delivery.account, blob, plan.blob, delivery.prefix)
    const size = delivery.prefix.length + plan.blob.size
    const message = { email, size, flags: delivery.flags, internalAt: plan.receivedAt, internalZone: plan.receivedZone }
    const [uid] = this.#messages.insert(act, mailbox, [message], 'drop')
    return { mailbox: mailbox.id as MailboxId, uid: uid as Uid, name: mailbox.name }
  }
}

/** How a recipient waits, for the trace. */
function inWords({ copies }: WirePlan, { original, copy, notBefore, held }: QueuedRecipient, now: number): string {
  const as = copy === undefined ? undefined : copies[copy]?.mailFrom
  return [
    ...(original === undefined ? [] : [`forwarded from ${original}`]),
    ...(as === undefined ? [] : [`as from <${as}>`]),
    ...(held === true ? ['held'] : notBefore === undefined || notBefore <= now ? [] : [`not before ${new Date(notBefore).toISOString()}`]),
  ].join(', ')
}
