import type { Clock, Logger } from '@mailstead/base'
import type { Origin, QueueId, StagedBlob } from '@mailstead/store'
import type { AdmittedRecipient } from './envelope.ts'
import { POLICY_TIMEOUT } from './limits.ts'
import type { DeliveryFailure } from './outcome.ts'

/** What a policy sees: the whole message is staged, nothing is committed. */
export interface PolicySubject {
  readonly queueId: QueueId
  readonly blob: StagedBlob
  readonly mailFrom: string
  readonly origin: Origin
  readonly recipients: readonly AdmittedRecipient[]
}

/** Judges a message at the end of DATA. `text` is shown to the sender. */
export interface Policy {
  atData(subject: PolicySubject): Promise<PolicyVerdict>
}

export type PolicyVerdict =
  { readonly kind: 'accept' } | { readonly kind: 'refuse'; readonly text: string } | { readonly kind: 'defer'; readonly text: string }

export const acceptAll: Policy = { atData: () => Promise.resolve({ kind: 'accept' }) }

/** Asks the policy. It has a bounded time, and a policy that fails or is late stops no mail. */
export async function judge(policy: Policy, subject: PolicySubject, clock: Clock, log: Logger): Promise<DeliveryFailure | undefined> {
  const late = Promise.withResolvers<PolicyVerdict>()
  const timer = clock.after(POLICY_TIMEOUT, () => {
    log.warn('policy is late, message passes', { ms: POLICY_TIMEOUT })
    late.resolve({ kind: 'accept' })
  })
  try {
    const verdict = await Promise.race([policy.atData(subject), late.promise])
    if (verdict.kind === 'accept') return undefined
    return { code: verdict.kind === 'refuse' ? 'policy-refused' : 'policy-deferred', text: verdict.text }
  } catch (error) {
    log.error('policy failed, message passes', { err: error })
    return undefined
  } finally {
    timer.cancel()
  }
}
