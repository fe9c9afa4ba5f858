import type { PeerReply } from '@mailstead/wire'

/** Where a dialogue stood. `end`: all of the message has been given to the connection. */
export type Step =
  'connect' | 'greeting' | 'ehlo' | 'starttls' | 'tls' | 'auth' | 'mail' | 'rcpt' | 'data' | 'body' | 'end' | 'rset' | 'quit'

/**
 * `closed`: refused, reset, or ended. `not-smtp`: what came is no reply, or none that fits the command. `local`: the message could not be read
 * here. `stopped`: we are shutting down.
 */
export type LossReason = 'closed' | 'timeout' | 'not-smtp' | 'local' | 'stopped'

/** The connection is over. The message is for the log and the sender. */
export class PeerLost extends Error {
  override name = 'PeerLost'
  readonly reason: LossReason
  readonly step: Step

  constructor(reason: LossReason, step: Step, message: string, options?: ErrorOptions) {
    super(message, options)
    this.reason = reason
    this.step = step
  }
}

/** The peer wants no mail of ours, or not in this way: an answer of class 4 or 5 before MAIL. */
export class PeerRefused extends Error {
  override name = 'PeerRefused'
  readonly step: Step
  readonly reply: PeerReply

  constructor(step: Step, reply: PeerReply) {
    super(`${reply.code} ${reply.lines.join(' ')}`)
    this.step = step
    this.reply = reply
  }
}

/** Why a session is not as safe as its policy wants it: the result types of RFC 8460 section 4.3, and what Mailstead itself cannot do. */
export type TlsFailure =
  | 'starttls-not-supported'
  | 'certificate-host-mismatch'
  | 'certificate-expired'
  | 'certificate-not-trusted'
  | 'validation-failure'
  | 'tlsa-invalid'
  | 'login-not-offered'

/** The peer cannot give what the policy for it wants. */
export class TlsUnfit extends Error {
  override name = 'TlsUnfit'
  readonly failure: TlsFailure

  constructor(failure: TlsFailure, message: string) {
    super(message)
    this.failure = failure
  }
}
