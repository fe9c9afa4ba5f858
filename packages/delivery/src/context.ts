import type { AccountService } from '@mailstead/accounts'
import type { Clock, Logger } from '@mailstead/base'
import type { SenderRewriting } from '@mailstead/signing'
import type { AccountId, Intake } from '@mailstead/store'
import type { MessageReader } from './reading.ts'

export interface DeliveryOptions {
  readonly intake: Intake
  readonly accounts: Pick<AccountService, 'resolve' | 'maySendAs' | 'reserve'>
  readonly log: Logger
  readonly clock: Clock
  /** The name in `Received` and in message ids made here. */
  readonly hostName: string
  /** Whether somebody sends what is queued; without, recipients elsewhere are refused. Default false. */
  readonly leaves?: boolean
  /** Whether mail for a domain of others, in A-labels and lower case, is taken from everybody to be handed on. Default: none. */
  readonly relays?: (domain: string) => boolean
  /** Whether the server keeps what an account sends in its mailbox for sent mail. Default: of nobody's. */
  readonly savesSent?: (account: AccountId) => Promise<boolean>
  /** Milliseconds that all submitted mail waits; default 0. */
  readonly undo?: number
  /** Default: none. */
  readonly readers?: readonly MessageReader[]
  /** Why mail of our people to a recipient elsewhere is not taken; `domain` in A-labels and lower case. Default: it always is. */
  readonly suppressed?: (recipient: string, domain: string) => Promise<string | undefined>
  /** Senders of mail that is forwarded to others; without, none is. */
  readonly rewriting?: SenderRewriting
}

export type DeliveryContext = Required<Omit<DeliveryOptions, 'rewriting'>> & Pick<DeliveryOptions, 'rewriting'>
