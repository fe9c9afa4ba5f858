import type { Finding } from '@mailstead/delivery'
import type { Authentication } from '../authentication/facts.ts'
import { fault } from '../finding.ts'

/** What weighs of a message's authentication. What failed for a while weighs nothing; where the author's domain passes, nothing else counts. */
export function authenticationFaults({ spf, dmarc }: Authentication, address: string): readonly Finding[] {
  if (dmarc?.result === 'pass') return []
  const findings: Finding[] = []
  if (spf.result === 'fail') findings.push(fault('spf-fail', `${spf.domain} says that ${address} does not send its mail (SPF)`))
  if (dmarc?.result !== 'fail') return findings
  const why = `nothing shows that ${dmarc.domain}, which it names as its author's domain, sent the message (DMARC)`
  if (dmarc.policy === 'reject') findings.push(fault('dmarc-reject', why))
  else if (dmarc.policy === 'quarantine') findings.push(fault('dmarc-quarantine', why))
  return findings
}

/** Why other servers would refuse the message from us, whatever we found of it; `undefined`: they would not for this. */
export function unalignedIn({ dmarc }: Authentication): string | undefined {
  return dmarc?.result === 'fail' && dmarc.policy !== 'none' ? `it fails the policy of ${dmarc.domain} (DMARC)` : undefined
}
