import type { Finding } from '@mailstead/delivery'

export interface Thresholds {
  /** From this score on a host is suspicious: it has to come again. */
  readonly greylist: number
  /** From this score on its mail is refused. */
  readonly refuse: number
}

export type Decision = 'accept' | 'greylist' | 'refuse'

export const scoreOf = (findings: readonly Finding[]): number => findings.reduce((sum, { weight }) => sum + weight, 0)

/** The one place where findings become a decision. */
export function decide(findings: readonly Finding[], { greylist, refuse }: Thresholds): Decision {
  const score = scoreOf(findings)
  if (score >= refuse) return 'refuse'
  return score >= greylist ? 'greylist' : 'accept'
}
