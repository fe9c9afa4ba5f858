import { openVisit, type Visit } from '@mailstead/delivery'
import type { ConnectionInfo } from '@mailstead/net'
import type { SmtpContext } from './context.ts'

/** What the policy has to know of a client: strangers alone are judged. `log` is the connection's own. */
export function visitOf(
  { role, policy, clock, trusted }: SmtpContext,
  { id, remoteAddress }: ConnectionInfo,
  log: SmtpContext['log'],
): Visit | undefined {
  if (role !== 'mx' || policy === undefined || trusted?.has(remoteAddress) === true) return undefined
  return openVisit(policy, { session: id, address: remoteAddress }, clock, log)
}
