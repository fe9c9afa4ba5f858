import type { AccountService } from '@mailstead/accounts'
import type { Delivery, TlsFacts, Transaction } from '@mailstead/delivery'
import type { ConnectionInfo, FrontEndOptions } from '@mailstead/net'
import type { Identity, LoginConnection } from '@mailstead/sasl'
import type { AccountId, Blobs, Origin } from '@mailstead/store'
import type { MailCommand } from '@mailstead/wire'
import type { Wire } from './adapter/wire.ts'
import type { SmtpLimits } from './limits.ts'
import type { Role } from './role.ts'

/** What all sessions of one service share. */
export interface SmtpContext extends FrontEndOptions {
  readonly role: Role
  readonly accounts: AccountService
  readonly delivery: Delivery
  readonly blobs: Blobs
  readonly limits: SmtpLimits
  /** The service takes no more transactions. */
  readonly draining: boolean
}

export interface Helo {
  readonly name: string
  /** EHLO rather than HELO. */
  readonly extended: boolean
}

/** What one client said so far, and what it may do. */
export class Session {
  readonly context: SmtpContext
  readonly info: ConnectionInfo
  readonly log: SmtpContext['log']
  readonly wire: Wire
  helo: Helo | undefined
  tls: TlsFacts | undefined
  identity: Identity | undefined
  failedLogins = 0
  /** From an accepted MAIL to the answer to its message, RSET, EHLO or the end. */
  transaction: { readonly mail: MailCommand; readonly delivery: Transaction } | undefined
  /** Gives up the message that is on its way in; called when the connection ends. */
  giveUp: (() => void) | undefined

  constructor(context: SmtpContext, info: ConnectionInfo, wire: Wire, tls: TlsFacts | undefined) {
    this.context = context
    this.info = info
    this.wire = wire
    this.tls = tls
    this.log = context.log.child({ session: info.id })
  }

  /** Whether a password may be taken: encrypted, or excused by the configuration for this machine itself. */
  get passwordAllowed(): boolean {
    return this.tls !== undefined || (this.context.plaintextFromLoopback && this.info.loopback)
  }

  get loginConnection(): LoginConnection {
    return { secure: this.passwordAllowed, channel: this.wire.channel() }
  }

  /** Ends the transaction, if one is open, and gives back what it reserved. */
  reset(): void {
    this.transaction?.delivery.release()
    this.transaction = undefined
  }

  /** RFC 3848 and RFC 6531 section 4.3: how the message came, as `Received` says it. */
  origin(smtpUtf8: boolean): Origin {
    const letters = `${this.tls === undefined ? '' : 'S'}${this.identity === undefined ? '' : 'A'}` as '' | 'S' | 'A' | 'SA'
    const protocol = smtpUtf8 ? (`UTF8SMTP${letters}` as const) : this.helo?.extended === true ? (`ESMTP${letters}` as const) : 'SMTP'
    return {
      protocol,
      remoteAddress: this.info.remoteAddress,
      heloName: this.helo?.name ?? '',
      ...(this.identity === undefined ? {} : { account: this.identity.account as AccountId }),
    }
  }
}
