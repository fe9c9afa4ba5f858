import type { EpochMs } from '@mailstead/base'
import type { Lane, QueueEntryId, QueueFilter, QueueStore } from '@mailstead/store'
import { LISTED } from '../limits.ts'

/** Of some domains what waits and may leave. */
export interface Waiting {
  readonly domains: readonly string[]
  readonly lanes: readonly Lane[]
  readonly messages: number
}

/** Domains, or which of all are meant. */
export type Wanted = readonly string[] | ((domain: string) => boolean)

/** What is not to leave before a time that has not come is not meant. Reads all that waits, once for each domain that is named. */
export async function waitingFor(wanted: Wanted, queue: Pick<QueueStore, 'list'>, now: EpochMs): Promise<Waiting> {
  const lanes = new Map<string, Lane>()
  let messages = 0
  const look = async (filter: QueueFilter, matches: (domain: string) => boolean): Promise<void> => {
    let last = ''
    for await (const { lane, queueId } of listed(filter, queue)) {
      if (!matches(lane.domain)) continue
      lanes.set(`${lane.account ?? ''} ${lane.domain}`, lane)
      // Recipients of a message stand together.
      if (queueId !== last) messages++
      last = queueId
    }
  }
  if (typeof wanted === 'function') await look(mayLeave(now), wanted)
  else for (const domain of wanted) await look({ ...mayLeave(now), domain }, () => true)
  return { domains: [...new Set([...lanes.values()].map(({ domain }) => domain))], lanes: [...lanes.values()], messages }
}

/** What waits for the domains is due again, whatever has been tried. */
export async function makeDue(domains: readonly string[], queue: Pick<QueueStore, 'act'>, now: EpochMs): Promise<void> {
  for (const domain of domains) await queue.act({ ...mayLeave(now), domain }, { kind: 'retry' })
}

const mayLeave = (now: EpochMs): QueueFilter => ({ state: 'waiting', queuedBefore: now + 1 })

/** All that the filter says, in pieces. */
export async function* listed(
  filter: QueueFilter,
  queue: Pick<QueueStore, 'list'>,
): AsyncGenerator<Awaited<ReturnType<QueueStore['list']>>[number]> {
  let after: QueueEntryId | undefined
  for (;;) {
    const found = await queue.list(filter, after, LISTED)
    yield* found
    if (found.length < LISTED) return
    after = found.at(-1)?.id
  }
}
