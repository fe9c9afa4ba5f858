import { findNeedles, type TextNeedle } from '@mailstead/mime'
import { StoreError, type Purpose, type TextMatches } from '@mailstead/store'
import { SEARCH_STEP_MS } from '../limits.ts'
import type { MessageSources } from './sources.ts'

/** Looking for texts in messages as they are. `open` throws for a mailbox that the actor may not read. */
export function textScans(sources: MessageSources, open: (actor: number, mailbox: number, purpose: Purpose) => unknown) {
  return {
    searchTexts(actor: number, mailbox: number, uids: Uint32Array, needles: readonly TextNeedle[]): TextMatches {
      open(actor, mailbox, 'read')
      const end = performance.now() + SEARCH_STEP_MS
      const there: number[] = []
      const found: number[] = []
      let looked = 0
      while (looked < uids.length && (looked === 0 || performance.now() < end)) {
        const uid = uids[looked++] ?? 0
        const stands = standIn(sources, mailbox, uid, needles)
        if (stands === undefined) continue
        there.push(uid)
        found.push(...stands)
      }
      return { looked, uids: Uint32Array.from(there), found: Uint8Array.from(found) }
    },
  }
}

/** `undefined`: the message is gone, perhaps while it was read. */
function standIn(sources: MessageSources, mailbox: number, uid: number, needles: readonly TextNeedle[]): number[] | undefined {
  try {
    const source = sources.message(mailbox, uid)
    return source === undefined ? undefined : findNeedles(source, needles)
  } catch (error) {
    if (error instanceof StoreError && error.code === 'message-not-found') return undefined
    throw error
  }
}
