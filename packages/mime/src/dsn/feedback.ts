import { MAX_REPORT, MAX_REPORTED } from './limits.ts'
import { openReport, valueOf, type AboutMessage } from './open-report.ts'

/** A complaint: a reader, or a filter, does not want the message. Its words are a stranger's. */
export interface ReadFeedback extends AboutMessage {
  /** `abuse`, `fraud`, `virus`, `not-spam` …, in lower case. */
  readonly kind: string
  /** What made it. */
  readonly agent?: string
  readonly reportingMta?: string
  /** Who complains, where it is said at all. */
  readonly recipients: readonly string[]
}

/** Reads an abuse report (ARF, RFC 5965); `undefined`: the message is none, or has more than MAX_REPORT octets. The first octets are enough. */
export function readFeedback(message: Uint8Array): ReadFeedback | undefined {
  if (message.length > MAX_REPORT) return undefined
  const report = openReport(message, ['feedback-report'])
  const [fields = []] = report?.blocks ?? []
  const kind = valueOf(fields, 'feedback-type')?.toLowerCase()
  if (report === undefined || kind === undefined || kind === '') return undefined
  const agent = valueOf(fields, 'user-agent')
  const mta = valueOf(fields, 'reporting-mta')?.replace(/^\s*dns\s*;\s*/i, '')
  const recipients = fields.filter(({ name }) => name.toLowerCase() === 'original-rcpt-to').slice(0, MAX_REPORTED)
  return {
    kind,
    ...(agent === undefined ? {} : { agent }),
    ...(mta === undefined ? {} : { reportingMta: mta }),
    recipients: recipients.map(({ value }) => Buffer.from(value, 'latin1').toString('utf8').trim()),
    ...report.about,
  }
}
