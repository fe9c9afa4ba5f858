import type { Counted } from '@mailstead/base'
import type { TlsFacts, Transaction, Visit } from '@mailstead/delivery'
import type { ConnectionInfo } from '@mailstead/net'
import type { Identity, LoginConnection } from '@mailstead/sasl'
import type { AccountId, Origin } from '@mailstead/store'
import type { MailCommand } from '@mailstead/wire'
import type { Wire } from './adapter/wire.ts'
import type { SmtpContext } from './context.ts'
import { type Chunks, Incoming } from './incoming.ts'
import { Meter } from './rates/meter.ts'
import type { SmtpReply } from './replies.ts'
import type { Role } from './role.ts'
import { visitOf } from './visit.ts'

export interface Helo {
  readonly name: string
  /** EHLO rather than HELO. */
  readonly extended: boolean
}

/** From an accepted MAIL to the answer to its message, RSET, EHLO or the end. */
export interface OpenTransaction {
  readonly mail: MailCommand
  readonly delivery: Transaction
  /** The message, once it comes. */
  incoming?: Incoming
  /** Once it comes by BDAT; `refused`: nothing but RSET helps. */
  chunks?: Chunks | 'refused'
  /** Its recipients, as they count for the account that sends. */
  readonly counted: Counted[]
  /** The message is whole: it goes or does not, whether the client stays or not. */
  whole?: boolean
}

/** What one client said so far, and what it may do. */
export class Session {
  readonly context: SmtpContext
  #info: ConnectionInfo
  readonly log: SmtpContext['log']
  readonly wire: Wire
  #visit: Visit | undefined
  readonly meter = new Meter(this)
  helo: Helo | undefined
  tls: TlsFacts | undefined
  identity: Identity | undefined
  failedLogins = 0
  transaction: OpenTransaction | undefined

  /** `log` is the connection's own. */
  constructor(context: SmtpContext, info: ConnectionInfo, wire: Wire, tls: TlsFacts | undefined, log: SmtpContext['log']) {
    this.context = context
    this.#info = info
    this.wire = wire
    this.tls = tls
    this.log = log
    this.#visit = visitOf(context, info, log)
  }

  /** Of whom the session is: who has connected, or whom it was introduced as. */
  get info(): ConnectionInfo {
    return this.#info
  }

  /** What the policy knows of a stranger. */
  get visit(): Visit | undefined {
    return this.#visit
  }

  get greeting(): string {
    return greetingOf(this.context)
  }

  /** Whether it may say by XCLIENT for whom it speaks. */
  get mayIntroduce(): boolean {
    return this.context.role !== 'lmtp' && this.context.xclient?.has(this.info.remoteAddress) === true
  }

  /** Whether it is believed who has logged in at a proxy. */
  get mayIntroduceLogin(): boolean {
    return this.mayIntroduce && this.context.role === 'submission' && (this.tls !== undefined || this.info.loopback)
  }

  /** Begins anew as another client; encryption stays, since it cannot be taken back. */
  introduced(info: ConnectionInfo, helo: Helo | undefined, identity: Identity | undefined): void {
    this.reset()
    this.#info = info
    this.#visit = visitOf(this.context, info, this.log)
    this.helo = helo
    this.identity = identity
    if (helo === undefined) return
    this.wire.greeted(helo.name)
    this.visit?.helo(helo.name)
  }

  /** Whether a password may be taken: encrypted, or excused by the configuration for this machine itself, though not where mail goes out. */
  get passwordAllowed(): boolean {
    const { plaintextFromLoopback, role } = this.context
    return this.tls !== undefined || (plaintextFromLoopback && this.info.loopback && role !== 'odmr')
  }

  /** A mail server or device of our own, as the configuration says. */
  get trusted(): boolean {
    return this.context.trusted?.has(this.info.remoteAddress) === true
  }

  get loginConnection(): LoginConnection {
    return { secure: this.passwordAllowed, channel: this.wire.channel() }
  }

  /** The message of the open transaction begins. */
  begin(transaction: OpenTransaction): Incoming {
    const { context, log, wire } = this
    const normalise = context.role === 'submission' || this.trusted
    return (transaction.incoming = new Incoming({ context, log, wire, delivery: transaction.delivery, normalise }))
  }

  /** What becomes of a whole message. Only a message that went counts for the account, and one that went always does. */
  async concluded(transaction: OpenTransaction, conclusion: Promise<readonly SmtpReply[]>): Promise<SmtpReply | undefined> {
    transaction.whole = true
    const replies = await conclusion
    if (replies.every(({ code }) => code >= 400)) giveBack(transaction)
    return this.answer(replies)
  }

  /** The replies to a message: one, or by LMTP one for each recipient (RFC 2033 section 4.2). All but the last are said at once. */
  answer(replies: readonly SmtpReply[]): SmtpReply | undefined {
    for (const each of replies.slice(0, -1)) this.wire.reply(each)
    return replies.at(-1)
  }

  /** Ends the transaction, if one is open, and gives back what it reserved, and what came of a message that is not whole. */
  reset(): void {
    this.transaction?.incoming?.giveUp()
    this.transaction?.delivery.release()
    if (this.transaction !== undefined && this.transaction.whole !== true) giveBack(this.transaction)
    this.transaction = undefined
  }

  /** RFC 3848 and RFC 6531 section 4.3: how the message came, as `Received` says it. */
  origin(smtpUtf8: boolean): Origin {
    const letters = `${this.tls === undefined ? '' : 'S'}${this.identity === undefined ? '' : 'A'}` as '' | 'S' | 'A' | 'SA'
    const lmtp = this.context.role === 'lmtp'
    const extended = lmtp ? (`LMTP${letters}` as const) : this.helo?.extended === true ? (`ESMTP${letters}` as const) : 'SMTP'
    const protocol = smtpUtf8 ? (`UTF8${lmtp ? 'LMTP' : 'SMTP'}${letters}` as const) : extended
    return {
      protocol,
      remoteAddress: this.info.remoteAddress,
      heloName: this.helo?.name ?? '',
      ...(this.identity === undefined ? {} : { account: this.identity.account as AccountId }),
    }
  }
}

const GREETINGS = { mx: 'ESMTP', submission: 'ESMTP', lmtp: 'LMTP', odmr: 'ESMTP on-demand mail relay' } as const satisfies Record<
  Role,
  string
>

/** What stands behind 220. */
export function greetingOf({ hostName, role }: SmtpContext): string {
  return `${hostName} ${GREETINGS[role]}`
}

function giveBack({ counted }: OpenTransaction): void {
  for (const each of counted) each.giveBack()
}
