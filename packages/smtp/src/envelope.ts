import type { EnvelopeParameters } from '@mailstead/store'
import type { MailParameters } from '@mailstead/wire'

/** What is kept of what MAIL asked for. `now`: when it was taken, which by-time counts from (RFC 2852 section 4). */
export function keptParameters(
  { body, smtpUtf8, ret, envid, requireTls, hold, by, priority }: MailParameters,
  now: number,
): EnvelopeParameters {
  return {
    smtpUtf8: smtpUtf8 === true,
    ...(body === undefined ? {} : { body }),
    ...(ret === undefined ? {} : { ret }),
    ...(envid === undefined ? {} : { envid }),
    ...(requireTls === undefined ? {} : { requireTls }),
    ...(hold === undefined ? {} : { holdRequest: hold.request }),
    ...(by === undefined ? {} : { deliverBy: { at: now + by.seconds * 1000, mode: by.mode, trace: by.trace } }),
    ...(priority === undefined ? {} : { priority }),
  }
}
