import type { Logger } from '@mailstead/base'
import { readDsn, type HeaderField, type ReadDsn } from '@mailstead/mime'
import type { HeardReport, Intake, StagedBlob, Traced } from '@mailstead/store'
import { MAX_CLAIMS, REPORT_READ } from '../limits.ts'
import { heardOf, queueIdsIn } from './heard.ts'

export interface ListenerContext {
  readonly intake: Pick<Intake, 'trace' | 'traced'>
  readonly hostName: string
  readonly log: Logger
}

/** Whether a message with the null sender may be a report: what it holds is looked at then. */
export function mayReport(fields: readonly HeaderField[]): boolean {
  return fields.some(({ name, value }) => /^content-type$/i.test(name) && /^\s*multipart\//i.test(value))
}

/**
 * What the message, if it is a report, says of mail that left here. `readers`: its recipients. What cannot be read says nothing: never rejects.
 */
export async function hear(blob: StagedBlob, readers: readonly string[], context: ListenerContext): Promise<readonly HeardReport[]> {
  try {
    const report = readDsn(await blob.read(0, Math.min(blob.size, REPORT_READ)))
    if (report === undefined) return []
    const heard = await match(report, readers, context)
    context.log.info('report heard', {
      of: heard.map(({ queueId, recipient, action, proven }) => `${action}: ${recipient} (${queueId}${proven ? '' : ', unproven'})`),
    })
    return heard
  } catch (error) {
    context.log.warn('report not understood', { err: error })
    return []
  }
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
