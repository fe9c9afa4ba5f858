import type { EpochMs } from '@mailstead/base'
import type { Suppression } from '@mailstead/store'

/** When an address is taken for one that is gone. Times are ms. */
export interface SuppressionPolicy {
  /** Messages that fail, none being taken in between; 0: no number is enough. */
  readonly failures: number
  /** From the first of them to the last at least: an afternoon's trouble at the other side proves nothing. */
  readonly spread: number
  /** So long after the last it is written to again. */
  readonly lasts: number
}

/** Why mail to an address is not taken. */
export type Stopped =
  | { readonly kind: 'entered'; readonly note: string; readonly until: EpochMs | undefined }
  | { readonly kind: 'failed'; readonly messages: number; readonly lastAt: EpochMs; readonly text: string; readonly until: EpochMs }

/** What follows from what is known of an address; `undefined`: mail goes there. */
export function stopped({ entered, failed }: Suppression, policy: SuppressionPolicy, now: EpochMs): Stopped | undefined {
  if (entered !== undefined && (entered.until ?? Number.POSITIVE_INFINITY) > now)
    return { kind: 'entered', note: entered.note, until: entered.until }
  if (failed === undefined || policy.failures === 0) return undefined
  const { messages, firstAt, lastAt, diagnosis } = failed
  const until = lastAt + policy.lasts
  if (messages < policy.failures || lastAt - firstAt < policy.spread || until <= now) return undefined
  return { kind: 'failed', messages, lastAt, text: diagnosis.text, until }
}
