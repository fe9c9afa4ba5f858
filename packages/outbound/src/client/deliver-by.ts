import type { EnvelopeParameters, RecipientParameters } from '@mailstead/store'
import type { Capabilities } from '@mailstead/wire'
import type { Unfit } from './letter.ts'

/** RFC 2852 section 4: by-time has nine digits. */
const MOST = 999_999_999

/** BY of MAIL for this peer at `now`; `undefined`: it is not said. Or why the letter cannot go there (RFC 2852 section 4.1.4). */
export function byValue({ deliverBy }: EnvelopeParameters, { deliverBy: least }: Capabilities, now: number): string | Unfit | undefined {
  if (deliverBy === undefined) return undefined
  const { at, mode, trace } = deliverBy
  const left = Math.floor((at - now) / 1000)
  if (mode === 'return') {
    if (left <= 0) return { status: '5.4.7', text: 'The message was to be delivered by a time that has passed', elsewhere: false }
    // Section 7: servers of a domain are alike in this.
    if (least === undefined)
      return { status: '5.3.3', text: 'The server does not promise to deliver by a time (DELIVERBY)', elsewhere: false }
    if (least > left) return { status: '5.4.7', text: `The server wants ${least} s to deliver, ${left} s are left`, elsewhere: true }
  }
  if (least === undefined) return undefined
  return `${Math.max(-MOST, Math.min(left, MOST))};${mode === 'return' ? 'R' : 'N'}${trace ? 'T' : ''}`
}

/** NOTIFY for a peer that knows DSN and not DELIVERBY: it is to tell of delays, since nobody watches the time any more (section 4.1.4.2). */
export function notifyOf(
  { notify }: RecipientParameters,
  { deliverBy }: EnvelopeParameters,
  capabilities: Capabilities,
): RecipientParameters['notify'] {
  if (deliverBy?.mode !== 'notify' || capabilities.deliverBy !== undefined || notify?.includes('NEVER') === true) return notify
  if (notify === undefined) return ['FAILURE', 'DELAY']
  return notify.includes('DELAY') ? notify : [...notify, 'DELAY']
}
