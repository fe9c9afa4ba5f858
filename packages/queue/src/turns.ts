import type { Lane } from '@mailstead/store'

/** How many connections there are now. */
export interface Running {
  readonly total: number
  /** By account; `undefined` for what nobody submitted. */
  readonly accounts: ReadonlyMap<number | undefined, number>
  readonly domains: ReadonlyMap<string, number>
}

/** How many there may be. */
export interface TurnLimits {
  readonly total: number
  readonly perAccount: number
  /** As many as the destination takes at this moment. */
  readonly perDomain: (domain: string) => number
}

/** Which of the due lanes begin now, in the order of `due`: nobody has more than his share, and what he leaves goes to the next. */
export function takeTurns<Due extends Lane>(due: readonly Due[], running: Running, limits: TurnLimits): Due[] {
  const accounts = new Map(running.accounts)
  const domains = new Map(running.domains)
  const chosen: Due[] = []
  for (const lane of due) {
    if (running.total + chosen.length >= limits.total) break
    const ofAccount = accounts.get(lane.account) ?? 0
    const ofDomain = domains.get(lane.domain) ?? 0
    if (ofAccount >= limits.perAccount || ofDomain >= limits.perDomain(lane.domain)) continue
    accounts.set(lane.account, ofAccount + 1)
    domains.set(lane.domain, ofDomain + 1)
    chosen.push(lane)
  }
  return chosen
}
