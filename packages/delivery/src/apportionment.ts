import type { EpochMs } from '@mailstead/base'
import type { AccountId, DeliveryOutcome, LocalReport } from '@mailstead/store'
import type { AdmittedRecipient, ForwardedRecipient } from './admission.ts'
import type { DeliveryContext } from './context.ts'
import { distribute, type Distribution } from './distribution.ts'
import type { PlannedFate, TransactionStart } from './envelope.ts'
import { forwardedCopy, goingOn, heldBack, unreported, type ArrivedAs, type MessageFacts } from './forwarding/onward.ts'
import type { DeliveryFailure, RecipientOutcome } from './outcome.ts'
import type { Verdict } from './policy.ts'
import { planReports, type Reportable } from './reports/plan.ts'

/** What of a policy's verdict goes along with the copies. */
export interface ArrivalFacts extends MessageFacts, Pick<Verdict, 'results' | 'chain'>, Pick<ArrivedAs, 'forgeable' | 'queueId'> {
  /** Nobody gets it earlier: where it goes is looked up again then. */
  readonly notBefore: EpochMs | undefined
}

type Onward = ReturnType<typeof goingOn>

/** Who gets a message that is taken, what of it goes on, and what its sender is told of each recipient. */
export class Apportionment {
  readonly distribution: Omit<Distribution, 'loops'>
  /** For the trace: why some do not get it. */
  readonly heldBack: string | undefined
  readonly #recipients: readonly AdmittedRecipient[]
  readonly #onward = new Map<ForwardedRecipient, Onward>()
  readonly #failures: Map<AccountId, DeliveryFailure>

  constructor(
    recipients: readonly AdmittedRecipient[],
    start: TransactionStart,
    facts: ArrivalFacts,
    context: Pick<DeliveryContext, 'rewriting' | 'clock'>,
  ) {
    this.#recipients = recipients
    for (const recipient of recipients)
      if (recipient.kind === 'forwarded')
        this.#onward.set(recipient, facts.notBefore === undefined ? goingOn(recipient, facts) : recipient.leads)
    const { results, chain, forgeable, queueId, deliveredTo, notBefore } = facts
    const forwarded = [...this.#onward].flatMap(([{ address }, leads]) =>
      'code' in leads ? [] : [{ address, leads: forgeable ? unreported(leads) : leads }],
    )
    const { loops, ...distribution } = distribute(recipients, start, {
      deliveredTo,
      results,
      forwarded,
      notBefore,
      copyFor: (by) => forwardedCopy(by, start, context, { queueId, forgeable, results, chain }),
    })
    this.distribution = distribution
    this.heldBack = this.isKept ? heldBack(recipients, facts) : undefined
    this.#failures = new Map([...loops].map((account) => [account, { code: 'loop' }]))
  }

  /** Whether anybody gets it. */
  get isKept(): boolean {
    const { deliveries, queued } = this.distribution
    return deliveries.length + queued.length > 0
  }

  /** What is planned for an address. */
  fateOf(address: string): PlannedFate {
    const recipient = this.#recipients.find((each) => each.address === address)
    if (recipient === undefined || recipient.kind === 'remote') return recipient === undefined ? 'delivered' : 'onward'
    if (this.#failureOf(recipient) !== undefined) return 'loop'
    const onward = recipient.kind === 'forwarded' ? (this.#onward.get(recipient) ?? []) : []
    return 'some' in onward && onward.some((lead) => lead.recipient.kind === 'remote') ? 'onward' : 'delivered'
  }

  /** `answeredEach`, `late`: as of `planReports`. */
  reports(mailFrom: string, how: { readonly answeredEach: boolean; readonly late: boolean }): LocalReport[] {
    return planReports(
      mailFrom,
      this.#recipients.flatMap((recipient) => this.#reportables(recipient)),
      how,
    )
  }

  /** `results`: of the deliveries, in their order. */
  outcomes(results: readonly DeliveryOutcome[]): RecipientOutcome[] {
    this.distribution.deliveries.forEach(({ account }, i) => {
      const result: DeliveryOutcome | undefined = results[i]
      if (result?.ok !== true) this.#failures.set(account, { code: result?.code ?? 'unavailable' })
    })
    return this.#recipients.map((recipient) => ({ address: recipient.address, failure: this.#failureOf(recipient) }))
  }

  #failureOf(recipient: AdmittedRecipient): DeliveryFailure | undefined {
    if (recipient.kind === 'remote') return undefined
    if (recipient.kind === 'local') return this.#failures.get(recipient.account.id)
    const onward = this.#onward.get(recipient) ?? []
    if ('code' in onward) return onward
    // As long as one of them has it, it is kept.
    const failures = onward.map((lead) => this.#failureOf(lead.recipient))
    return failures.includes(undefined) ? undefined : failures[0]
  }

  #reportables(recipient: AdmittedRecipient): Reportable[] {
    if (recipient.kind === 'remote') return []
    if (recipient.kind === 'local') return [this.#localReportable(recipient)]
    const { address, parameters, lost, tellsOfPassing } = recipient
    const onward = this.#onward.get(recipient) ?? []
    if ('code' in onward) return [{ address, parameters, delivery: undefined, failure: onward.code }]
    const local = onward.flatMap((lead) => (lead.recipient.kind === 'local' ? [{ ...this.#localReportable(lead.recipient), address }] : []))
    return [
      ...local,
      ...lost.map(({ why }): Reportable => ({ address, parameters, delivery: undefined, failure: undefined, lost: why })),
      ...(tellsOfPassing ? [{ address, parameters, delivery: undefined, failure: undefined, passedOn: true }] : []),
    ]
  }

  #localReportable({ address, parameters, account }: Extract<AdmittedRecipient, { kind: 'local' }>): Reportable {
    const place = this.distribution.deliveries.findIndex((delivery) => delivery.account === account.id)
    return { address, parameters, delivery: place < 0 ? undefined : place, failure: this.#failures.get(account.id)?.code }
  }
}
