import type { ModSeq } from '@mailstead/store'
import { formatSet, type SequenceRange } from '@mailstead/wire'
import { lowerBound } from './ascending.ts'
import type { CommandContext } from './command.ts'
import { Pace } from './pace.ts'
import type { Selected } from './session.ts'
import type { MailboxView } from './view.ts'

/** Messages looked at between two looks at the time. */
const MESSAGES_A_STEP = 500

/**
 * VANISHED (EARLIER): those UIDs of `set` above `above` that are gone since `since` (RFC 7162 section 3.2.6). All that are missing, when
 * the store does not know so far back. Messages that the client still counts are left to a VANISHED of their own (section 3.2.10.2).
 */
export async function tellVanished(
  context: CommandContext<Selected>,
  set: readonly SequenceRange[],
  since: ModSeq,
  above = 0,
): Promise<void> {
  const { session, respond } = context
  const { view, store } = session
  const { vanished, incomplete } = await store.changesSince(view.mailbox.id, since)
  const ranges = rangesOf(set, above + 1, Math.max(view.mailbox.uidNext - 1, view.uids.at(-1) ?? 0))
  const pace = new Pace(respond)
  const gone = incomplete ? await missing(view, ranges, pace) : formatSet(await among(vanished, view, ranges, pace))
  if (gone !== '') respond.untagged(`VANISHED (EARLIER) ${gone}`)
}

/** Ascending and apart, between `lowest` and `highest`, which `*` stands for. */
function rangesOf(set: readonly SequenceRange[], lowest: number, highest: number): [first: number, last: number][] {
  const ranges = set
    .map(({ first, last }): [number, number] => [
      Math.max(lowest, first === 0 ? highest : first),
      Math.min(highest, last === 0 ? highest : last),
    ])
    .filter(([first, last]) => first <= last)
    .sort((a, b) => a[0] - b[0])
  const apart: [number, number][] = []
  for (const range of ranges) {
    const before = apart.at(-1)
    if (before !== undefined && range[0] <= before[1] + 1) before[1] = Math.max(before[1], range[1])
    else apart.push(range)
  }
  return apart
}

async function among(vanished: Uint32Array, view: MailboxView, ranges: readonly [number, number][], pace: Pace): Promise<number[]> {
  const gone: number[] = []
  let next = 0
  for (const [at, uid] of vanished.toSorted().entries()) {
    while ((ranges[next]?.[1] ?? Infinity) < uid) next++
    if (uid >= (ranges[next]?.[0] ?? Infinity) && view.numberOf(uid) === 0) gone.push(uid)
    if (at % MESSAGES_A_STEP === 0) await pace.pause()
  }
  return gone
}

/** What of the ranges stands between the messages of the view. */
async function missing(view: MailboxView, ranges: readonly [number, number][], pace: Pace): Promise<string> {
  const { uids } = view
  const gone: string[] = []
  const add = (first: number, last: number): void => {
    if (first <= last) gone.push(first === last ? String(first) : `${first}:${last}`)
  }
  for (const [first, last] of ranges) {
    let from = first
    for (let at = lowerBound(uids, uids.length, first); at < uids.length && (uids[at] ?? 0) <= last; at++) {
      const uid = uids[at] ?? 0
      add(from, uid - 1)
      from = uid + 1
      if (at % MESSAGES_A_STEP === 0) await pace.pause()
    }
    add(from, last)
  }
  return gone.join(',')
}
