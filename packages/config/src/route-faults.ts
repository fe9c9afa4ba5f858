import type { Fault } from './fault.ts'
import type { RouteConfig } from './outbound.ts'
import type { Config } from './schema.ts'

/** A key that makes no sense beside others of its table, and why. */
type Rule = (route: RouteConfig) => readonly [key: keyof RouteConfig, text: string] | undefined

const OF_SERVERS = ['mx', 'tls', 'implicit_tls', 'user', 'lmtp'] as const
const OF_SCHEDULE = ['first_retry', 'longest_retry', 'lifetime'] as const

const rules: readonly Rule[] = [
  ({ to, from }) => (to !== undefined && from !== undefined ? ['from', 'there is to already: one of the two'] : undefined),
  ({ relay, to }) => (relay && to === undefined ? ['relay', 'needs to: for everything else it would be an open relay'] : undefined),
  ({ hold, to }) => (hold && to === undefined ? ['hold', 'needs to: nobody fetches the mail for all domains'] : undefined),
  ({ relay, hold, fetched_by: by }) => (by !== undefined && !relay && !hold ? ['fetched_by', 'needs hold, or relay'] : undefined),
  (route) => (says(route) ? undefined : ['to', 'says nothing of where the mail goes']),
  ...OF_SERVERS.map(
    (key): Rule =>
      (route) =>
        isGiven(route, key) && route.servers === undefined ? [key, 'needs servers'] : undefined,
  ),
  ...OF_SCHEDULE.map(
    (key): Rule =>
      (route) =>
        route[key] !== undefined && route.to === undefined ? [key, 'needs to'] : undefined,
  ),
  ({ user, password_file: file }) => (user !== undefined && file === undefined ? ['user', 'needs password_file too'] : undefined),
  ({ user, password_file: file }) => (user === undefined && file !== undefined ? ['password_file', 'needs user too'] : undefined),
  ({ user, tls }) => (user !== undefined && tls === 'opportunistic' ? ['tls', 'no password goes over a connection in clear'] : undefined),
  ({ to, source_ipv4: v4, source_ipv6: v6, helo_name: name, servers }) =>
    to !== undefined && servers === undefined && [v4, v6, name].some((each) => each !== undefined)
      ? ['to', 'a source without servers goes by senders: from']
      : undefined,
]

function isGiven(route: RouteConfig, key: keyof RouteConfig): boolean {
  return route[key] !== undefined && route[key] !== false
}

function says(route: RouteConfig): boolean {
  return (Object.keys(route) as (keyof RouteConfig)[]).some((key) => key !== 'to' && key !== 'from' && isGiven(route, key))
}

/** What no single key of a route can tell, and domains that have two. */
export function routeFaults({ route: routes }: Config): Fault[] {
  const seen = new Map<string, string>()
  return routes.flatMap((route, i) => {
    const faults: Fault[] = rules.flatMap((rule) => {
      const found = rule(route)
      return found === undefined ? [] : [{ path: `route[${i}].${found[0]}`, text: found[1] }]
    })
    const key = route.from === undefined ? 'to' : 'from'
    for (const domain of route[key] ?? ['everything else']) {
      const name = `${key} ${domain.toLowerCase()}`
      const other = seen.get(name)
      if (other !== undefined) faults.push({ path: `route[${i}].${key}`, text: `${domain} is already in ${other}` })
      seen.set(name, `route[${i}]`)
    }
    return faults
  })
}
