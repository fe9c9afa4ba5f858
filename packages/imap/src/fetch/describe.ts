import type { Uid } from '@mailstead/store'
import type { CommandContext } from '../command.ts'
import { knowsModSeqs } from '../modseq.ts'
import type { Selected } from '../session.ts'
import type { FetchAttribute } from './item.ts'
import { modSeqAttribute } from './items.ts'
import { runFetch } from './run.ts'

/** FETCH responses that no command asked for, each message with its own attributes; those without any are passed over. */
export async function describeMessages(
  context: CommandContext<Selected>,
  wanted: ReadonlyMap<Uid, readonly FetchAttribute[]>,
): Promise<void> {
  // RFC 7162 section 3.2.4: UID and MODSEQ belong to flags.
  const modSeqs = knowsModSeqs(context.session)
  const groups = Map.groupBy(wanted, ([, attributes]) => attributes.map(({ label }) => label).join(' '))
  for (const [labels, group] of groups) {
    const attributes = group[0]?.[1] ?? []
    if (labels === '') continue
    const lacksModSeq =
      attributes.some(({ tellsFlags }) => tellsFlags === true) && !attributes.some(({ tellsModSeq }) => tellsModSeq === true)
    const uids = group.map(([uid]) => uid)
    await runFetch(context, uids, modSeqs && lacksModSeq ? [...attributes, modSeqAttribute] : attributes, modSeqs)
  }
}

/** Each attribute once. */
export function joinAttributes(some: readonly FetchAttribute[], more: readonly FetchAttribute[]): readonly FetchAttribute[] {
  const labels = new Set(some.map(({ label }) => label))
  return [...some, ...more.filter(({ label }) => !labels.has(label))]
}
