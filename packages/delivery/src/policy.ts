import type { Clock, Logger } from '@mailstead/base'
import type { Account, Origin, QueueId, StagedBlob } from '@mailstead/store'
import type { SmtpAddress } from '@mailstead/wire'
import type { AdmittedRecipient } from './admission.ts'
import { GREETING_DELAY, POLICY_TIMEOUT } from './limits.ts'
import type { DeliveryFailure } from './outcome.ts'

/** One thing that speaks for or against who sends. */
export interface Finding {
  /** The check that found it: `helo`, `dns-list`. */
  readonly check: string
  /** Above zero: against the sender. */
  readonly weight: number
  /** One line for the administrator. */
  readonly reason: string
}

/** What a policy makes of a recipient or of a message, and why. */
export interface Verdict {
  readonly ruling: 'accept' | 'defer' | 'refuse'
  /** What a sender is told who is not accepted. */
  readonly text?: string
  /** The weights taken together. */
  readonly score: number
  readonly findings: readonly Finding[]
  /** Of a message: the value of the Authentication-Results field that each copy gets (RFC 8601), folded. */
  readonly results?: string
  /** Of a message: the domain of the envelope's sender stands for it. */
  readonly proven?: boolean
  /** Of a message: domains whose signatures passed, in lower case. */
  readonly signers?: readonly string[]
  /** Of a message: what became of the ARC sets that it came with (RFC 8617 section 4.4). */
  readonly chain?: 'none' | 'pass' | 'fail'
  /** Of a message that is accepted: why it is not forwarded to others, who would take it for ours. */
  readonly unfit?: string
}

/** `undefined`: the policy takes it. */
export function failureOf({ ruling, text }: Verdict): DeliveryFailure | undefined {
  if (ruling === 'accept') return undefined
  return { code: ruling === 'refuse' ? 'policy-refused' : 'policy-deferred', ...(text === undefined ? {} : { text }) }
}

/** For the trace; `undefined`: there was nothing to find. */
export function inWords({ score, findings }: Verdict): string | undefined {
  if (findings.length === 0) return undefined
  return `score ${score}: ${findings.map(({ check, weight, reason }) => `${check} ${weight} (${reason})`).join(', ')}`
}

/** Judges strangers: who logged in, other mail servers of our own and mail made here are never asked about. */
export interface Policy {
  /** A client has connected. `undefined`: it is let alone. Does not wait, but look-ups may begin. */
  visit(client: PolicyClient): Visit | undefined
}

export interface PolicyClient {
  /** Stands on every log line of the connection. */
  readonly session: string
  /** Plain: IPv4 is not mapped into IPv6. */
  readonly address: string
}

/**
 * One connection in the stages of SMTP. Only a recipient or a message can be turned down, so that postmaster is never
 * out of reach (RFC 5321 section 4.5.1); what the stages before bring to light counts there, and nobody waits until then.
 */
export interface Visit {
  /** Before the greeting, which comes when the promise resolves: suspicious strangers may be made to wait, nobody else. */
  connected(): Promise<void> | undefined
  /** The client sent something before it was greeted. */
  spokeEarly(): void
  /** EHLO or HELO; what an earlier one brought to light is void. */
  helo(name: string): void
  /** MAIL, `undefined` being the null reverse-path; void is what an earlier one brought to light. */
  sender(address: SmtpAddress | undefined): void
  /** A recipient of ours or of a domain that is relayed, before it is admitted. */
  recipient(recipient: PolicyRecipient): Promise<Verdict>
  /** The whole message is staged, nothing is committed. */
  message(subject: PolicySubject): Promise<Verdict>
}

export interface PolicyRecipient {
  readonly address: SmtpAddress
  /** `undefined`: its mail is handed on. */
  readonly account: Account | undefined
}

export interface PolicySubject {
  readonly queueId: QueueId
  readonly blob: StagedBlob
  /** Empty: the null reverse-path. */
  readonly mailFrom: string
  readonly origin: Origin
  readonly recipients: readonly AdmittedRecipient[]
}

const PASSES: Verdict = { ruling: 'accept', score: 0, findings: [] }

/** A visit whose stages have a bounded time: a policy that fails or is late stops no mail. */
export function openVisit(policy: Policy, client: PolicyClient, clock: Clock, log: Logger): Visit | undefined {
  const visit = attempt('connect', log, () => policy.visit(client))
  return visit === undefined ? undefined : new BoundedVisit(visit, clock, log)
}

class BoundedVisit implements Visit {
  readonly #visit: Visit
  readonly #clock: Clock
  readonly #log: Logger

  constructor(visit: Visit, clock: Clock, log: Logger) {
    this.#visit = visit
    this.#clock = clock
    this.#log = log
  }

  connected(): Promise<void> | undefined {
    const wait = attempt('greeting', this.#log, () => this.#visit.connected())
    return wait === undefined ? undefined : this.#within(GREETING_DELAY, 'greeting', () => wait, undefined)
  }

  spokeEarly(): void {
    attempt('early', this.#log, () => this.#visit.spokeEarly())
  }

  helo(name: string): void {
    attempt('helo', this.#log, () => this.#visit.helo(name))
  }

  sender(address: SmtpAddress | undefined): void {
    attempt('mail', this.#log, () => this.#visit.sender(address))
  }

  recipient(recipient: PolicyRecipient): Promise<Verdict> {
    return this.#within(POLICY_TIMEOUT, 'rcpt', () => this.#visit.recipient(recipient), PASSES)
  }

  message(subject: PolicySubject): Promise<Verdict> {
    return this.#within(POLICY_TIMEOUT, 'data', () => this.#visit.message(subject), PASSES)
  }

  async #within<T>(ms: number, stage: string, work: () => Promise<T>, otherwise: T): Promise<T> {
    const late = Promise.withResolvers<T>()
    const timer = this.#clock.after(ms, () => {
      this.#log.warn('policy is late, mail passes', { stage, ms })
      late.resolve(otherwise)
    })
    try {
      return await Promise.race([work(), late.promise])
    } catch (error) {
      this.#log.error('policy failed, mail passes', { stage, err: error })
      return otherwise
    } finally {
      timer.cancel()
    }
  }
}

function attempt<T>(stage: string, log: Logger, work: () => T): T | undefined {
  try {
    return work()
  } catch (error) {
    log.error('policy failed, mail passes', { stage, err: error })
    return undefined
  }
}
