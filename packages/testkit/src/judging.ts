import type { Policy, Verdict, Visit } from '@mailstead/delivery'

export const ACCEPTED: Verdict = { ruling: 'accept', score: 0, findings: [] }

/** A policy that visits everybody in the same way; what is left out takes everything. */
export function judging(stages: Partial<Visit>): Policy {
  const visit: Visit = {
    connected: () => undefined,
    spokeEarly() {},
    helo() {},
    sender() {},
    recipient: () => Promise.resolve(ACCEPTED),
    message: () => Promise.resolve(ACCEPTED),
    ...stages,
  }
  return { visit: () => visit }
}
