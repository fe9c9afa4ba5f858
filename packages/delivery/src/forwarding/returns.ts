import type { SmtpAddress } from '@mailstead/wire'
import type { DeliveryContext } from '../context.ts'
import type { DeliveryFailure } from '../outcome.ts'

/**
 * Whom a report is for that comes to a sender rewritten here; `undefined`: the address is none. Only reports are let through: anything else would make
 * us a relay for whoever has seen the address.
 */
export function giveBack(
  address: SmtpAddress,
  mailFrom: SmtpAddress | undefined,
  { rewriting, clock }: Pick<DeliveryContext, 'rewriting' | 'clock'>,
): SmtpAddress | DeliveryFailure | undefined {
  if (rewriting === undefined) return undefined
  const answer = rewriting.decode(address.localPart, clock.now())
  if (answer.kind === 'foreign') return undefined
  if (answer.kind !== 'sender') return { code: answer.kind === 'forged' ? 'return-forged' : 'return-expired' }
  if (mailFrom !== undefined) return { code: 'return-reports-only' }
  return answer.address
}
