import type { Uid } from '@mailstead/store'
import type { CommandContext } from '../command.ts'
import type { Pace } from '../pace.ts'
import type { Selected } from '../session.ts'
import type { FetchAttribute } from './item.ts'
import { LINES_A_STEP } from './limits.ts'
import type { Listed } from './listed.ts'
import { FetchedMessage } from './message.ts'

/**
 * Answers for messages of which everything is at hand: what needs no row, and what `listed` has of `lasting`, in their order. Resolves to the number of those
 * that were left out.
 */
export async function fetchFromMemory(
  { session, respond }: CommandContext<Selected>,
  uids: readonly Uid[],
  attributes: readonly FetchAttribute[],
  pace: Pace,
  listed?: Listed,
): Promise<number> {
  const parts = attributes.map((attribute, index) => ({ before: `${index === 0 ? '' : ' '}${attribute.label} `, attribute }))
  let lines = 0
  let missing = 0
  for (const uid of uids) {
    if (isForgotten(uid, attributes, session)) {
      missing++
      continue
    }
    const message = new FetchedMessage(uid, undefined, session.store.blobs)
    const values = listed?.of(uid)
    let line = respond.message({ number: session.view.numberOf(uid), uid })
    let next = 0
    for (const { before, attribute } of parts) {
      const value = attribute.lasting === true ? values?.[next++] : undefined
      line += before
      line += value ?? (attribute.value(message, session, pace) as string)
    }
    respond.write(`${line})\r\n`)
    if (++lines % LINES_A_STEP === 0) await pace.pause()
  }
  return missing
}

/** It was expunged elsewhere, and so much has happened since that nobody knows which flags it had: rather than with others it is not told. */
export function isForgotten(uid: Uid, attributes: readonly FetchAttribute[], { view }: Selected): boolean {
  return attributes.some(({ tellsFlags, tellsModSeq }) => tellsFlags === true || tellsModSeq === true) && !view.remembers(uid)
}
