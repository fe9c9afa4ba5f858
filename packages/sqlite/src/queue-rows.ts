import type {
  DeliverBy,
  Diagnosis,
  EnvelopeParameters,
  Origin,
  QueueEntry,
  QueueEntryId,
  QueueId,
  Lane,
  RecipientParameters,
  AccountId,
} from '@mailstead/store'

/** Stands for the account of what nobody submitted. */
export const NOBODY = 0

/** Columns of an acceptance that its consignments and reports tell of. */
export const MESSAGE_COLUMNS = `a.queue_id AS queueId, a.mail_from AS mailFrom, a.ret, a.envid, a.require_tls AS requireTls, a.body, a.smtp_utf8 AS smtpUtf8,
  a.hold_request AS holdRequest, a.deliver_by AS deliverBy, a.deliver_by_mode AS deliverByMode, a.deliver_by_trace AS deliverByTrace, a.priority, a.forgeable, a.protocol,
  a.account_id AS account, a.received_at AS receivedAt, a.received_zone AS receivedZone, a.helo_name AS heloName, a.remote_address AS remoteAddress, a.size`

export interface MessageRow {
  readonly queueId: QueueId
  readonly mailFrom: string
  readonly ret: 'FULL' | 'HDRS' | null
  readonly envid: string | null
  /** -1: TLS-Required: No. */
  readonly requireTls: -1 | 0 | 1
  readonly body: '7BIT' | '8BITMIME' | 'BINARYMIME' | null
  readonly smtpUtf8: 0 | 1
  readonly holdRequest: string | null
  readonly deliverBy: number | null
  readonly deliverByMode: DeliverBy['mode'] | null
  readonly deliverByTrace: 0 | 1
  readonly priority: number | null
  readonly forgeable: 0 | 1
  readonly protocol: Origin['protocol']
  readonly account: AccountId | null
  readonly receivedAt: number
  readonly receivedZone: number
  readonly heloName: string | null
  readonly remoteAddress: string | null
  readonly size: number
}

/** Columns of an entry that whoever sends it has to know. */
export const ENTRY_COLUMNS =
  'q.id, q.recipient, q.notify, q.orcpt, q.attempts, q.queued_at AS queuedAt, q.delay_told AS delayTold, q.queue_id AS queueId, q.copy_id AS copyId'

export interface EntryRow extends ParameterColumns {
  readonly id: QueueEntryId
  readonly queueId: QueueId
  readonly recipient: string
  readonly attempts: number
  readonly queuedAt: number
  readonly delayTold: 0 | 1
  readonly copyId: number | null
}

interface ParameterColumns {
  readonly notify: string | null
  readonly orcpt: string | null
}

export interface DiagnosisColumns {
  readonly status: string | null
  readonly diagnosis: string | null
  readonly peer: string | null
}

export function toEnvelope(row: MessageRow): EnvelopeParameters {
  const { ret, envid, requireTls, body, smtpUtf8, holdRequest, deliverBy, deliverByMode, deliverByTrace, priority, forgeable } = row
  return {
    ...(ret === null ? {} : { ret }),
    ...(envid === null ? {} : { envid }),
    ...(requireTls === 1 ? { requireTls: true } : {}),
    ...(requireTls === -1 ? { tlsOptional: true } : {}),
    ...(body === null ? {} : { body }),
    ...(smtpUtf8 === 1 ? { smtpUtf8: true } : {}),
    ...(holdRequest === null ? {} : { holdRequest }),
    ...(deliverBy === null || deliverByMode === null
      ? {}
      : { deliverBy: { at: deliverBy, mode: deliverByMode, trace: deliverByTrace === 1 } }),
    ...(priority === null ? {} : { priority }),
    ...(forgeable === 1 ? { forgeable: true } : {}),
  }
}

export function toParameters({ notify, orcpt }: ParameterColumns): RecipientParameters {
  return {
    ...(notify === null ? {} : { notify: notify.split(',') as NonNullable<RecipientParameters['notify']> }),
    ...(orcpt === null ? {} : { orcpt }),
  }
}

export function toEntry(row: EntryRow): QueueEntry {
  const { id, recipient, attempts, queuedAt, delayTold } = row
  return { id, recipient, parameters: toParameters(row), attempts, queuedAt, delayTold: delayTold === 1 }
}

export function toDiagnosis({ status, diagnosis, peer }: DiagnosisColumns): Diagnosis | undefined {
  if (status === null || diagnosis === null) return undefined
  return { status, text: diagnosis, ...(peer === null ? {} : { peer }) }
}

export function toLane(account: number, domain: string): Lane {
  return { account: account === NOBODY ? undefined : (account as AccountId), domain }
}
