import type { ModSeq } from '@mailstead/store'
import type { ImapDecoder } from '@mailstead/wire'
import type { CommandContext } from './command.ts'
import { uidOnly, type Session } from './session.ts'

/** RFC 7162 section 7: 63 bits. */
const MAX_ON_WIRE = 2n ** 63n - 1n

/** The client has shown that it knows modseqs: each FETCH response that it did not ask for tells UID and MODSEQ (RFC 7162 sections 3.1 and 3.2.4). */
export function knowsModSeqs(session: Session): boolean {
  return session.state !== 'not-authenticated' && session.enabled.has('CONDSTORE')
}

/** RFC 7162 section 3.2.3. */
export function resyncs(session: Session): boolean {
  return session.state !== 'not-authenticated' && session.enabled.has('QRESYNC')
}

/** Expunges are told by VANISHED (RFC 7162 section 3.2.10, RFC 9586). */
export function tellsVanished(session: Session): boolean {
  return resyncs(session) || uidOnly(session)
}

/**
 * For each "CONDSTORE enabling command" (RFC 7162 section 3.1). The first of them with a mailbox selected makes the server
 * tell its HIGHESTMODSEQ.
 */
export function enableModSeqs({ session, respond }: Pick<CommandContext, 'session' | 'respond'>): void {
  if (session.state === 'not-authenticated' || knowsModSeqs(session)) return
  session.enabled.add('CONDSTORE')
  if (session.state === 'selected') respond.ok(`HIGHESTMODSEQ ${session.view.highestModSeq}`, 'Highest')
}

/** mod-sequence-valzer. Those above 2^53 are beyond every message's, which the highest number here is too. */
export function parseModSeq(d: ImapDecoder): ModSeq {
  const digits = d.atom()
  if (!/^\d{1,19}$/.test(digits) || BigInt(digits) > MAX_ON_WIRE) return d.fail('a mod-sequence of 63 bits before here')
  return Math.min(Number(digits), Number.MAX_SAFE_INTEGER) as ModSeq
}
