import type { Diagnosis } from '@mailstead/store'
import type { PeerReply } from '@mailstead/wire'
import { PeerLost, PeerRefused, TlsUnfit, type LossReason, type Step } from './client/errors.ts'
import type { RecipientResult } from './client/letter.ts'

/** What a result means for a recipient. */
export type Verdict =
  | { readonly kind: 'sent'; readonly diagnosis: Diagnosis }
  | { readonly kind: 'failed'; readonly diagnosis: Diagnosis }
  | { readonly kind: 'deferred'; readonly diagnosis: Diagnosis; readonly perhapsSent?: true }
  /** Another server of the destination may take it; where there is none left, `otherwise`. */
  | { readonly kind: 'next-host'; readonly otherwise: 'failed' | 'deferred'; readonly diagnosis: Diagnosis }
  /** In a new transaction on the same connection. */
  | { readonly kind: 'again' }
  /** As if it had not been tried. */
  | { readonly kind: 'returned' }

/** What a transaction's result means. `peer`: host name and address. */
export function classify(result: RecipientResult, peer: string): Verdict {
  switch (result.kind) {
    case 'accepted':
      return { kind: 'sent', diagnosis: said(result.reply, peer) }
    case 'refused':
      return refused(result.step, result.reply, peer)
    case 'lost':
      return lost(result, peer)
    case 'unfit': {
      const diagnosis = { status: result.status, text: result.text, peer }
      return result.elsewhere ? { kind: 'next-host', otherwise: 'failed', diagnosis } : { kind: 'failed', diagnosis }
    }
    default:
      return result
  }
}

/** What it means that no connection came about: the next server, always; of the last one the kind of trouble decides. */
export function classifyOpening(error: unknown, peer: string): Verdict {
  if (error instanceof PeerRefused) {
    // A login that is refused is our own trouble, and waits for the administrator.
    if (error.step === 'auth') return { kind: 'deferred', diagnosis: { ...said(error.reply, peer), status: '4.7.8' } }
    return { kind: 'next-host', otherwise: error.reply.code >= 500 ? 'failed' : 'deferred', diagnosis: said(error.reply, peer) }
  }
  if (error instanceof TlsUnfit)
    return { kind: 'next-host', otherwise: 'deferred', diagnosis: { status: unfitStatus(error), text: error.message, peer } }
  if (error instanceof PeerLost) return lost({ step: error.step, reason: error.reason, perhapsSent: false, text: error.message }, peer)
  return { kind: 'deferred', diagnosis: { status: '4.3.0', text: 'Internal error', peer } }
}

/** RFC 5321 section 4.2.1: the first digit decides; what the peer says to one recipient or message holds for its whole destination. */
function refused(step: Step, reply: PeerReply, peer: string): Verdict {
  const diagnosis = said(reply, peer)
  // A server that cannot even forget is tried no more; nothing was asked of it yet.
  if (step === 'rset') return { kind: 'next-host', otherwise: 'deferred', diagnosis: { ...diagnosis, status: '4.5.0' } }
  return { kind: reply.code >= 500 ? 'failed' : 'deferred', diagnosis }
}

interface Loss {
  readonly step: Step
  readonly reason: LossReason
  readonly perhapsSent: boolean
  readonly text: string
}

function lost({ step, reason, perhapsSent, text }: Loss, peer: string): Verdict {
  const diagnosis = { status: LOSS_STATUS[reason], text: `${text} (${WHERE[step]})`, peer }
  if (perhapsSent) return { kind: 'deferred', diagnosis, perhapsSent: true }
  if (reason === 'stopped') return { kind: 'returned' }
  if (reason === 'local') return { kind: 'deferred', diagnosis }
  const status = step === 'connect' ? '4.4.1' : step === 'tls' ? '4.7.5' : diagnosis.status
  return { kind: 'next-host', otherwise: 'deferred', diagnosis: { ...diagnosis, status } }
}

/** RFC 3463. */
const LOSS_STATUS = {
  closed: '4.4.2',
  timeout: '4.4.2',
  'not-smtp': '4.5.0',
  local: '4.3.0',
  stopped: '4.3.2',
} as const satisfies Record<LossReason, string>

const WHERE = {
  connect: 'connecting',
  greeting: 'before the greeting',
  ehlo: 'at EHLO',
  starttls: 'at STARTTLS',
  tls: 'in the TLS handshake',
  auth: 'logging in',
  mail: 'at MAIL',
  rcpt: 'at RCPT',
  data: 'at DATA',
  body: 'while the message was sent',
  end: 'after the message was sent',
  rset: 'at RSET',
  quit: 'at QUIT',
} as const satisfies Record<Step, string>

/** RFC 5248: encryption needed, cryptographic failure, credentials invalid. */
function unfitStatus({ failure }: TlsUnfit): string {
  if (failure === 'starttls-not-supported') return '4.7.10'
  return failure === 'login-not-offered' ? '4.7.8' : '4.7.5'
}

function said({ code, enhanced, lines }: PeerReply, peer: string): Diagnosis {
  return { status: enhanced ?? `${String(code).charAt(0)}.0.0`, text: `${code} ${lines.join(' ')}`.trimEnd(), peer }
}
