import type { Clock } from '@mailstead/base'
import type { Config } from '@mailstead/config'
import { stopped, type Stopped, type SuppressionPolicy } from '@mailstead/queue'
import { suppressionKey, type Suppression, type Suppressions } from '@mailstead/store'

const HOUR = 3_600_000

/** Characters of others' words in a reply: a line of it has room for 512 octets. */
const MAX_WORDS = 200

/** What the configuration says of addresses that are gone. */
export function suppressionPolicy({ suppression: { failures, hours, days } }: Pick<Config, 'suppression'>): SuppressionPolicy {
  return { failures, spread: hours * HOUR, lasts: days * 24 * HOUR }
}

/** Says why mail of users to a recipient elsewhere is not taken; `undefined`: it is. */
export function suppressionGate(
  suppressions: Pick<Suppressions, 'find'>,
  policy: SuppressionPolicy,
  clock: Clock,
): (recipient: string, domain: string) => Promise<string | undefined> {
  return async (recipient, domain) => {
    const known = await suppressions.find(suppressionKey(recipient, domain))
    const why = known && stopped(known, policy, clock.now())
    return why && inWords(why)
  }
}

function inWords(why: Stopped): string {
  const until = why.until === undefined ? '' : ` until ${day(why.until)}`
  if (why.kind === 'entered') {
    const note = why.note === '' ? '' : `: ${printable(why.note)}`
    return `The administrator has stopped mail to this address${until}${note}`
  }
  return `Mail to this address came back ${why.messages} times, last on ${day(why.lastAt)}, and is refused${until}: ${printable(why.text)}`
}

const day = (at: number): string => new Date(at).toISOString().slice(0, 10)

const printable = (text: string): string => text.replaceAll(/[^ -~]/gu, '?').slice(0, MAX_WORDS)

/** An address as administrators see it: `stopped` is absent where failures were only counted so far. */
export interface Suppressed extends Suppression {
  readonly stopped?: Stopped
}

export interface SuppressionAdmin {
  /** In the order of addresses, those after `after`: at most `limit` of those that are stopped, or of all that are known. */
  list(all: boolean, after: string | undefined, limit: number): Promise<readonly Suppressed[]>
  /** `address` as `suppressionKey` makes it; so long, ms, or for good. */
  add(address: string, note: string, ms: number | undefined): Promise<void>
  remove(address: string): Promise<boolean>
}

export function suppressionAdmin(suppressions: Suppressions, policy: SuppressionPolicy, clock: Clock): SuppressionAdmin {
  return {
    async list(all, after, limit) {
      const listed: Suppressed[] = []
      for (let last = after; listed.length < limit;) {
        const batch = await suppressions.list(last, BATCH)
        for (const known of batch) {
          const why = stopped(known, policy, clock.now())
          if (all || why !== undefined) listed.push({ ...known, ...(why === undefined ? {} : { stopped: why }) })
        }
        last = batch.at(-1)?.address
        if (batch.length < BATCH) break
      }
      return listed.slice(0, limit)
    },
    add: (address, note, ms) => suppressions.enter(address, note, ms === undefined ? undefined : clock.now() + ms),
    remove: (address) => suppressions.remove(address),
  }
}

/** Rows read at once. */
const BATCH = 500
