import type { Outbound } from '@mailstead/outbound'
import type { QueueStore } from '@mailstead/store'

/** The queue as administrators act on it while it is worked on: what they want tried again is tried where nobody could be reached, too. */
export function queueAdmin(queue: QueueStore, outbound: () => Outbound | undefined): Pick<QueueStore, 'list' | 'act' | 'status'> {
  return {
    list: (filter, after, limit) => queue.list(filter, after, limit),
    async act(filter, act) {
      const recipients = await queue.act(filter, act)
      if (act.kind === 'retry' && recipients > 0) outbound()?.retry()
      return recipients
    },
    status: () => queue.status(),
  }
}
