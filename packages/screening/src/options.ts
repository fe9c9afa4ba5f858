import type { Clock, Logger } from '@mailstead/base'
import type { Resolver } from '@mailstead/resolver'
import type { Greylist } from '@mailstead/store'
import type { DnsList } from './checks/dns-lists.ts'
import type { Thresholds } from './decide.ts'

export interface ScreeningOptions {
  /** Ours, in what is said of messages. */
  readonly hostName: string
  readonly resolver: Resolver
  readonly greylist: Greylist
  /** Whether a name, in lower case, is this server's or one of its domains. */
  readonly isOurs: (name: string) => Promise<boolean>
  /** Addresses and networks of no strangers; loopback and private networks never are strangers. */
  readonly trusted: readonly string[]
  readonly checks: Checks
  readonly lists: readonly DnsList[]
  readonly thresholds: Thresholds
  /** ms that suspicious hosts have to wait; 0: nobody is greylisted. */
  readonly greylistDelay: number
  /** ms that one stage's look-ups are waited for. */
  readonly patience: number
  readonly log: Logger
  readonly clock: Clock
}

/** What is looked at beside lists. */
export interface Checks {
  readonly reverseName: boolean
  readonly helo: boolean
  readonly senderDomain: boolean
  readonly earlyTalkers: boolean
  /** SPF, DKIM, ARC and DMARC of each message. */
  readonly authentication: boolean
}
