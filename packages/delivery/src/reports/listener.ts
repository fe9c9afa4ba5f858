import type { Logger } from '@mailstead/base'
import { readDsn, readFeedback, type HeaderField, type ReadDsn, type ReadFeedback } from '@mailstead/mime'
import type { HeardReport, Intake, StagedBlob, Traced } from '@mailstead/store'
import { MAX_CLAIMS, REPORT_READ } from '../limits.ts'
import { complaintOf, heardOf, queueIdsIn } from './heard.ts'

export interface ListenerContext {
  readonly intake: Pick<Intake, 'trace' | 'traced'>
  readonly hostName: string
  readonly log: Logger
  /** Of the null sender: delivery reports are. */
  readonly fromNobody: boolean
}

/** Whether a message may be a report: what it holds is looked at then. Delivery reports have the null sender, complaints need not. */
export function mayReport(fields: readonly HeaderField[], fromNobody: boolean): boolean {
  const type = fields.find(({ name }) => /^content-type$/i.test(name))?.value ?? ''
  return fromNobody ? /^\s*multipart\//i.test(type) : /^\s*multipart\/report\b.*\bfeedback-report\b/is.test(type)
}

/**
 * What the message, if it is a report, says of mail that left here. `readers`: its recipients, of whom one has to be the sender of that mail, but for
 * complaints, which go to those who asked for them. What cannot be read says nothing: never rejects.
 */
export async function hear(blob: StagedBlob, readers: readonly string[], context: ListenerContext): Promise<readonly HeardReport[]> {
  try {
    const octets = await blob.read(0, Math.min(blob.size, REPORT_READ))
    const heard = await understand(octets, readers, context)
    if (heard === undefined) return []
    context.log.info('report heard', {
      of: heard.map(({ queueId, recipient, action, proven }) => `${action}: ${recipient} (${queueId}${proven ? '' : ', unproven'})`),
    })
    return heard
  } catch (error) {
    context.log.warn('report not understood', { err: error })
    return []
  }
}

/** `undefined`: it is no report. */
async function understand(octets: Uint8Array, readers: readonly string[], context: ListenerContext): Promise<HeardReport[] | undefined> {
  const report = context.fromNobody ? readDsn(octets) : undefined
  if (report !== undefined) return match(report, readers, context)
  const complaint = readFeedback(octets)
  return complaint === undefined ? undefined : blame(complaint, context)
}

/** Who complains has seen the message. */
async function blame(complaint: ReadFeedback, { intake, hostName }: ListenerContext): Promise<HeardReport[]> {
  for (const queueId of queueIdsIn(complaint, hostName)) {
    const [message] = await intake.traced({ queueId }, 1)
    const heard = message ? complaintOf(complaint, { message, events: await intake.trace(queueId) }) : []
    if (heard.length > 0) return heard
  }
  return []
}

/** By a queue id, which proves that the message was seen; else by what the sender's program named it. */
async function match(report: ReadDsn, readers: readonly string[], { intake, hostName }: ListenerContext): Promise<HeardReport[]> {
  for (const queueId of queueIdsIn(report, hostName)) {
    const heard = await heardIn(await intake.traced({ queueId }, 1), true)
    if (heard.length > 0) return heard
  }
  for (const about of [report.envid, report.messageId]) {
    if (about === undefined) continue
    const heard = await heardIn(await intake.traced({ about }, MAX_CLAIMS), false)
    if (heard.length > 0) return heard
  }
  return []

  /** Of the first message that fits. */
  async function heardIn(messages: readonly Traced[], proven: boolean): Promise<HeardReport[]> {
    for (const message of messages) {
      const heard = heardOf(report, { message, events: await intake.trace(message.queueId) }, readers, proven)
      if (heard.length > 0) return heard
    }
    return []
  }
}
