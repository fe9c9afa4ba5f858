import { DEFAULT_LIMITS as IMAP } from '../../packages/imap/src/limits.ts'
import { HANDSHAKE_TIME } from '../../packages/net/src/limits.ts'
import { DEFAULT_LIMITS as POP3 } from '../../packages/pop3/src/limits.ts'
import { DEFAULT_LIMITS as SMTP } from '../../packages/smtp/src/limits.ts'
import type { Mistake } from '../plants/mistakes.ts'

/** How long a server waits for its clients (ms). */
export interface Times {
  readonly smtp: number
  readonly imap: number
  readonly pop3: number
  readonly handshake: number
}

export const TIMES: Times = { smtp: SMTP.idle, imap: IMAP.loginTime, pop3: POP3.loginTime, handshake: HANDSHAKE_TIME }

/** In a run that is too short to see the real ones. */
export const HASTY: Times = { smtp: 20_000, imap: 18_000, pop3: 16_000, handshake: 10_000 }

/** The server is no less patient than it says; a hasty one has other numbers in its sources. */
export const HASTE: readonly Mistake[] = [
  { file: 'packages/smtp/src/limits.ts', text: 'idle: 300_000', instead: `idle: ${HASTY.smtp}` },
  { file: 'packages/imap/src/limits.ts', text: 'loginTime: 3 * MINUTE', instead: `loginTime: ${HASTY.imap}` },
  { file: 'packages/pop3/src/limits.ts', text: 'loginTime: 3 * MINUTE', instead: `loginTime: ${HASTY.pop3}` },
  { file: 'packages/net/src/limits.ts', text: 'HANDSHAKE_TIME = 30_000', instead: `HANDSHAKE_TIME = ${HASTY.handshake}` },
]
