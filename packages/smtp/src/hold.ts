import type { EpochMs } from '@mailstead/base'
import type { MailParameters } from '@mailstead/wire'
import type { SmtpContext } from './context.ts'
import { HOLD_SLACK } from './limits.ts'

type HoldContext = Pick<SmtpContext, 'role' | 'clock' | 'maxHold'>

/** Whether messages may be let wait (RFC 4865 section 4.2: on no port but submission's). */
export function holds({ role, maxHold = 0 }: HoldContext): boolean {
  return role === 'submission' && maxHold > 0
}

/** max-future-release-date-time, of this moment: `2026-01-15T09:30:00Z`. */
export function latestRelease({ clock, maxHold = 0 }: HoldContext): string {
  return `${new Date(clock.now() + maxHold * 1000).toISOString().slice(0, 19)}Z`
}

/**
 * When the message is released; `invalid` where it may not be let wait so long, where the time is over for longer than clocks differ, and where it would be
 * released when it had to be delivered already (section 5.2.2). `undefined`: nothing was asked for.
 */
export function releaseAt({ hold, by }: Pick<MailParameters, 'hold' | 'by'>, context: HoldContext): EpochMs | 'invalid' | undefined {
  if (hold === undefined) return undefined
  const now = context.clock.now()
  const at = 'until' in hold ? hold.until : now + hold.seconds * 1000
  if (at > now + (context.maxHold ?? 0) * 1000 || at < now - HOLD_SLACK) return 'invalid'
  return by !== undefined && at >= now + by.seconds * 1000 ? 'invalid' : at
}
