import type { AdminContext } from '@mailstead/server'
import type { TraceEvent, Traced } from '@mailstead/store'
import { columns, exactly, printable } from './format.ts'

/** A message's whole story, for people and for machines. */
export interface Story {
  readonly text: string
  readonly json: object
}

/** Asks for what became of messages; for the accounts once. */
export function storyTeller({ intake, accounts }: Pick<AdminContext, 'intake' | 'accounts'>): (message: Traced) => Promise<Story> {
  let known: Promise<ReadonlyMap<number, string>> | undefined
  const addresses = async (): Promise<ReadonlyMap<number, string>> =>
    new Map((await accounts.list()).map(({ id, localPart, domain }) => [id, `${localPart}@${domain}`]))

  return async (message) => {
    const events = await intake.trace(message.queueId)
    const { account } = message.origin
    const submitter = account === undefined ? undefined : (await (known ??= addresses())).get(account)
    return { text: `${headline(message, submitter)}\n${lines(events)}`, json: asJson(message, submitter, events) }
  }
}

function headline({ queueId, mailFrom, origin, receivedAt, size, messageId }: Traced, submitter: string | undefined): string {
  const by = submitter === undefined ? [] : [`sent by ${submitter}`]
  const from = [origin.heloName, origin.remoteAddress === undefined ? undefined : `[${origin.remoteAddress}]`].filter(
    (word) => word !== undefined,
  )
  const facts = [
    `from <${mailFrom}>`,
    ...by,
    `received ${exactly(receivedAt)} with ${origin.protocol}${from.length === 0 ? '' : ` from ${from.join(' ')}`}`,
    `${size} octets`,
    ...(messageId === undefined ? [] : [`<${messageId}>`]),
  ]
  return printable(`${queueId}  ${facts.join(', ')}`)
}

function lines(events: readonly TraceEvent[]): string {
  const rows = events.map(({ at, event, recipient, detail }) => ['', exactly(at), event, recipient, detail].map(printable))
  return columns(['', '', '', '', ''], rows).split('\n').slice(1).join('\n')
}

function asJson(message: Traced, submitter: string | undefined, events: readonly TraceEvent[]): object {
  const { queueId, mailFrom, origin, receivedAt, size, messageId } = message
  return {
    queueId,
    sender: mailFrom,
    account: submitter ?? null,
    protocol: origin.protocol,
    remoteAddress: origin.remoteAddress ?? null,
    heloName: origin.heloName ?? null,
    receivedAt,
    size,
    messageId: messageId ?? null,
    events: events.map(({ at, event, recipient, detail }) => ({ at, event, recipient, detail })),
  }
}
