import { tellsOfFailure, type Diagnosis, type LocalReport, type RecipientParameters } from '@mailstead/store'
import type { LostLead } from '../admission.ts'
import type { DeliveryFailureCode } from '../outcome.ts'

/** A recipient of an accepted message, and the copy that its account gets. */
export interface Reportable {
  readonly address: string
  readonly parameters: RecipientParameters
  /** Index of the copy; absent: there is none, for this reason. */
  readonly delivery: number | undefined
  readonly failure: DeliveryFailureCode | undefined
  /** Of one of those that an address leads to: why it has no copy, whatever the reply says of the address. */
  readonly lost?: LostLead['why']
  /** It went on to several: who asks for success hears that. */
  readonly passedOn?: boolean
}

const DELIVERED: Diagnosis = { status: '2.0.0', text: '' }
const LATE: Diagnosis = { status: '4.4.7', text: '' }
const GONE: Diagnosis = { status: '5.1.1', text: '' }

/** Those that are told of one recipient while others get the message; the rest is said of all, in the reply. */
const STATUS: Partial<Record<DeliveryFailureCode, string>> = { loop: '5.4.6', 'not-forwarded': '5.7.1' }

const LOST = {
  unknown: '5.1.1',
  disabled: '5.2.1',
  elsewhere: '5.7.1',
  'no-such-domain': '5.1.2',
  'over-quota': '5.2.2',
} as const satisfies Record<LostLead['why'], string>

/**
 * What the sender is to hear, by RFC 3461 sections 5.2.3 and 5.2.6: of success who asked for it, of failure who did not ask otherwise,
 * and nobody who has no name. `answeredEach`: each recipient's failure is in its own reply already (LMTP). `late`: it came behind the time that
 * it was to be delivered by, which who did not ask otherwise hears too (RFC 2852 section 4.1.3).
 */
export function planReports(
  mailFrom: string,
  recipients: readonly Reportable[],
  { answeredEach, late }: { readonly answeredEach: boolean; readonly late: boolean },
): LocalReport[] {
  if (mailFrom === '') return []
  return recipients.flatMap(({ address, parameters, delivery, failure, lost, passedOn = false }): LocalReport[] => {
    const success = (delivery !== undefined || passedOn) && parameters.notify?.includes('SUCCESS') === true
    const failed = (lost !== undefined || !(answeredEach || passedOn)) && tellsOfFailure(mailFrom, parameters)
    const delayed = late && delivery !== undefined && (parameters.notify?.includes('DELAY') ?? true)
    if (!success && !failed && !delayed) return []
    return [
      {
        recipient: address,
        parameters,
        ...(delivery === undefined ? {} : { delivery }),
        ...(success ? { [passedOn ? 'relayed' : 'delivered']: DELIVERED } : {}),
        ...(delayed ? { delayed: LATE } : {}),
        ...(failed ? { failed: failing(failure, lost) } : {}),
      },
    ]
  })
}

function failing(failure: DeliveryFailureCode | undefined, lost: LostLead['why'] | undefined): Diagnosis {
  if (lost !== undefined) return { status: LOST[lost], text: '' }
  return failure === undefined ? GONE : { status: STATUS[failure] ?? '5.0.0', text: '' }
}
