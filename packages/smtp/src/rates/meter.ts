import type { ConnectionInfo } from '@mailstead/net'
import type { Identity } from '@mailstead/sasl'
import { isRefused, type Admission } from '@mailstead/delivery'
import type { SmtpAddress } from '@mailstead/wire'
import type { Counted } from '@mailstead/base'
import { say, type SmtpReply } from '../replies.ts'
import type { SmtpContext } from '../context.ts'
import type { RateName } from './address-rates.ts'

/** Whose doings are counted: the session. */
export interface Metered {
  readonly context: SmtpContext
  readonly info: ConnectionInfo
  readonly identity: Identity | undefined
  readonly trusted: boolean
}

/** Whether a client may begin, as often as it and its network do; servers of our own come as often as they like. */
export function mayConnect({ rates, role, trusted }: SmtpContext, { id, remoteAddress }: ConnectionInfo): boolean {
  if (rates === undefined || role === 'lmtp' || trusted?.has(remoteAddress) === true) return true
  const who = { session: id, address: remoteAddress }
  return (role !== 'mx' || rates.within('failedCommands', who)) && rates.take('connections', who)
}

/** What one client's doings come to in the counts that all share, and the answer where it is too much. */
export class Meter {
  readonly #session: Metered
  /** MAIL commands of this connection. */
  #messages = 0

  constructor(session: Metered) {
    this.#session = session
  }

  /** Another client begins on the connection. */
  connection(): SmtpReply | undefined {
    return mayConnect(this.#session.context, this.#session.info) ? undefined : say('connecting-too-often')
  }

  /** Before anything is looked at: RFC 9422 section 4.1 counts every MAIL. */
  mailCommand(): SmtpReply | undefined {
    return ++this.#messages > (this.#session.context.limits.messages ?? Infinity) ? say('too-many-messages') : undefined
  }

  message(): SmtpReply | undefined {
    const { rates } = this.#session.context
    return this.#applies && rates?.take('messages', this.#who) === false ? say('sending-too-often') : undefined
  }

  /** Whether another recipient may be asked for. Postmaster is never out of reach (RFC 5321 section 4.5.1). */
  recipient({ localPart }: SmtpAddress): SmtpReply | undefined {
    if (localPart.toLowerCase() === 'postmaster') return undefined
    if (this.#stranger && !this.#within('unknownRecipients')) return say('guessing-too-often')
    return this.#applies && !this.#within('recipients') ? say('asking-too-often') : undefined
  }

  /** Counts the recipient for the account that sends; it is given back where the message does not go. */
  sending(): Counted | SmtpReply | undefined {
    const { identity, context, info } = this.#session
    if (identity === undefined || context.sending === undefined) return undefined
    return context.sending.take({ account: identity.account, address: identity.address }, info.id) ?? say('account-sends-too-much')
  }

  answered(admission: Admission): void {
    if (!isRefused(admission)) this.#note('recipients', this.#applies)
    else if (admission === 'unknown' || admission === 'disabled' || (typeof admission !== 'string' && admission.code === 'return-forged'))
      this.#note('unknownRecipients', this.#stranger)
    else if (admission === 'elsewhere') this.#note('failedCommands', this.#stranger)
  }

  /** A command was refused for good; recipients have counts of their own. */
  failed(): SmtpReply | undefined {
    this.#note('failedCommands', this.#stranger)
    return this.#stranger && !this.#within('failedCommands') ? say('failing-too-often') : undefined
  }

  /** Of LMTP and of servers of our own no rates are kept. */
  get #applies(): boolean {
    return this.#session.context.role !== 'lmtp' && !this.#session.trusted
  }

  get #stranger(): boolean {
    return this.#session.context.role === 'mx' && !this.#session.trusted
  }

  get #who(): { session: string; address: string } {
    const { id, remoteAddress } = this.#session.info
    return { session: id, address: remoteAddress }
  }

  #within(name: RateName): boolean {
    return this.#session.context.rates?.within(name, this.#who) ?? true
  }

  #note(name: RateName, applies: boolean): void {
    if (applies) this.#session.context.rates?.note(name, this.#session.info.remoteAddress)
  }
}
