import type { EpochMs } from '@mailstead/base'
import type { Diagnosis } from './diagnosis.ts'

/** What is known of an address elsewhere. Whether mail may go there is a matter of policy. */
export interface Suppression {
  /** As `suppressionKey` makes it. */
  readonly address: string
  /** Messages that failed for good since one was taken; absent: none did. */
  readonly failed?: {
    readonly messages: number
    readonly firstAt: EpochMs
    readonly lastAt: EpochMs
    /** What was said of the last. */
    readonly diagnosis: Diagnosis
  }
  /** By an administrator. */
  readonly entered?: {
    readonly at: EpochMs
    readonly note: string
    /** Absent: for good. */
    readonly until?: EpochMs
  }
}

/** The form that addresses are remembered in. `domain`: lower case, A-labels, or an address literal. */
export function suppressionKey(recipient: string, domain: string): string {
  return `${recipient.slice(0, recipient.lastIndexOf('@')).toLowerCase()}@${domain}`
}

/** RFC 3463 section 3.2: no such mailbox, no such domain, bad address, moved without a new address, null MX, mailbox disabled. */
const DEAD: ReadonlySet<string> = new Set(['5.1.1', '5.1.2', '5.1.3', '5.1.6', '5.1.10', '5.2.1'])

/** Who every domain must have (RFC 5321 section 4.5.1, RFC 2142) is never held to be gone. */
const ALWAYS_THERE = /^(?:postmaster|abuse)@/i

/** Whether a failure says that the address itself is gone, and is worth remembering. */
export function tellsOfDeadAddress(address: string, status: string): boolean {
  return DEAD.has(status) && !ALWAYS_THERE.test(address)
}

/** Addresses elsewhere that mail came back from, or that an administrator stops mail to. `QueueStore.settle` and `Intake.accept` count. */
export interface Suppressions {
  /** Costs next to nothing while nothing is remembered. */
  find(address: string): Promise<Suppression | undefined>
  /** In the order of the addresses, those after `after`, at most `limit`; fewer when there are no more. */
  list(after: string | undefined, limit: number): Promise<readonly Suppression[]>
  /** In the place of what was entered before. What was counted stays. */
  enter(address: string, note: string, until: EpochMs | undefined): Promise<void>
  /** Forgets all of the address; whether there was anything. */
  remove(address: string): Promise<boolean>
  /** Forgets what was counted of addresses that failed last before `failed`, and what was entered until `now` or less. Works in steps. */
  forget(failed: EpochMs, now: EpochMs): Promise<number>
}
