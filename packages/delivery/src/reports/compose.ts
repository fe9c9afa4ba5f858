import {
  composeDsn,
  type DsnLanguage,
  type DsnRecipient,
  MAX_RETURNED,
  type ReturnedMessage,
  type Typed,
  type WrittenDsn,
} from '@mailstead/mime'
import type { OwedReport, OwedReports, ZonedTime } from '@mailstead/store'
import { parseEnvid, parseOrcpt } from '@mailstead/wire'

/** What a report has to say beside what is owed. */
export interface ReportFrame {
  /** What no other report has: letters, digits and dots. */
  readonly id: string
  readonly hostName: string
  /** Where answers to the report go. */
  readonly from: string
  readonly language: DsnLanguage
  readonly now: ZonedTime
  readonly sevenBit: boolean
  /** The message's first octets, MAX_RETURNED at most; absent: it is there no more. */
  readonly octets: Uint8Array | undefined
}

/** Writes the report that is owed (RFC 3461 section 6). */
export function writeReport(owed: OwedReports, { id, hostName, octets, ...frame }: ReportFrame): WrittenDsn {
  const { mailFrom, parameters, receivedAt, receivedZone, receivedFrom, reports } = owed
  const envid = parameters.envid === undefined ? undefined : parseEnvid(parameters.envid)
  const { holdRequest, deliverBy } = parameters
  const inZone = (at: number): ZonedTime => ({ at, zone: receivedZone })
  return composeDsn({
    language: frame.language,
    from: frame.from,
    to: mailFrom,
    messageId: `<${id}@${hostName}>`,
    date: frame.now,
    token: id,
    reportingMta: hostName,
    arrival: inZone(receivedAt),
    ...(receivedFrom === undefined ? {} : { receivedFrom }),
    ...(envid === undefined ? {} : { envid }),
    ...(holdRequest === undefined ? {} : { holdRequest }),
    ...(deliverBy === undefined ? {} : { deliverBy: inZone(deliverBy.at) }),
    recipients: reports.map((report) => recipientOf(report, inZone)),
    ...(octets === undefined ? {} : { original: returned(octets, owed) }),
    sevenBit: frame.sevenBit,
  })
}

/** RFC 8689 section 5: what asked for encryption goes back as its header alone. */
function returned(octets: Uint8Array, { size, parameters: { ret, requireTls } }: OwedReports): ReturnedMessage {
  const isWhole = size <= MAX_RETURNED && octets.length === size && ret !== 'HDRS' && requireTls !== true
  return { header: octets, ...(isWhole ? { whole: octets } : {}) }
}

function recipientOf(
  { recipient, parameters, action, at, diagnosis, retryUntil }: OwedReport,
  inZone: (at: number) => ZonedTime,
): DsnRecipient {
  const { status, text, peer } = diagnosis
  const original = parameters.orcpt === undefined ? undefined : parseOrcpt(parameters.orcpt)
  return {
    recipient,
    ...(original === undefined ? {} : { original: { type: original.type, value: original.address } }),
    action,
    status,
    // Its host name; the address behind it is for the trace.
    ...(peer === undefined ? {} : { remoteMta: peer.split(' ')[0] ?? peer }),
    ...(text === '' ? {} : { diagnostic: { type: peer === undefined ? 'x-mailstead' : 'smtp', value: text } satisfies Typed }),
    ...(action === 'delivered' ? {} : { lastAttempt: inZone(at) }),
    ...(retryUntil === undefined ? {} : { retryUntil: inZone(retryUntil) }),
  }
}
