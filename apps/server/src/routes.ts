import { readFile } from 'node:fs/promises'
import type { Config } from '@mailstead/config'
import type { Login, NextHop, Relay, RouteTarget, RoutingTable, Source, WayOut } from '@mailstead/outbound'
import { Schedules, type Schedule } from '@mailstead/queue'
import { dnsName } from '@mailstead/resolver'
import { StartError } from './errors.ts'

type RouteConfig = Config['route'][number]

const SMTP_PORT = 25

/** The routes of the configuration. Rejects with `StartError` when a password cannot be read. */
export async function readRoutes(routes: Config['route']): Promise<RoutingTable> {
  const recipientDomains = new Map<string, RouteTarget>()
  const senderDomains = new Map<string, RouteTarget>()
  const sources = new Map<string, Source>()
  const relayed = new Map<string, Relay>()
  let fallback: RouteTarget | undefined
  let source: Source | undefined
  for (const route of routes) {
    const target = await targetOf(route)
    if (route.relay || route.hold) for (const relay of relaysOf(route)) relayed.set(relay.key, relay)
    for (const domain of route.to ?? []) if (target !== undefined) recipientDomains.set(canonical(domain), target)
    for (const domain of route.from ?? []) {
      if (target === undefined) sources.set(canonical(domain), sourceOf(route))
      else senderDomains.set(canonical(domain), target)
    }
    if (route.to === undefined && route.from === undefined) {
      if (target === undefined) source = sourceOf(route)
      else fallback = target
    }
  }
  return {
    recipientDomains,
    senderDomains,
    sources,
    relayed,
    ...(fallback === undefined ? {} : { fallback }),
    ...(source === undefined ? {} : { source }),
  }
}

/** `undefined`: where it goes is not said, only where from. */
async function targetOf(route: RouteConfig): Promise<RouteTarget | undefined> {
  const way = await wayOf(route)
  if (!route.hold) return way
  const asked = way ?? (route.fetched_by === undefined ? ({ kind: 'mx', relayed: true } as const) : undefined)
  return { kind: 'hold', ...(asked === undefined ? {} : { asked }) }
}

async function wayOf(route: RouteConfig): Promise<WayOut | undefined> {
  if (route.servers === undefined) return route.relay && !route.hold ? { kind: 'mx', relayed: true } : undefined
  const login = await loginOf(route)
  const hosts = route.servers.map((server) => nextHop(server, route, login))
  const source = sourceOf(route)
  return { kind: 'hosts', hosts, ...(Object.keys(source).length === 0 ? {} : { source }) }
}

/** Where mail waits to be fetched and no server is named, DNS leads to ourselves. */
function relaysOf({ to = [], hold, servers, fetched_by: accounts }: RouteConfig): Relay[] {
  const fetchedBy = new Set(accounts?.map((address) => address.toLowerCase()))
  const reachable = !hold || servers !== undefined || accounts === undefined
  return to.map((domain) => ({ key: canonical(domain), fetchedBy, reachable }))
}

function nextHop(server: string, { mx, tls, implicit_tls: implicitTls, lmtp }: RouteConfig, login: Login | undefined): NextHop {
  const [, bracketed, plain = '', digits] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(server) ?? []
  return {
    host: bracketed ?? plain.toLowerCase(),
    port: digits === undefined ? SMTP_PORT : Number(digits),
    mx,
    implicitTls,
    lmtp,
    ...(tls === undefined ? {} : { tls }),
    ...(login === undefined ? {} : { login }),
  }
}

async function loginOf({ user, password_file: file }: RouteConfig): Promise<Login | undefined> {
  if (user === undefined || file === undefined) return undefined
  try {
    return { user, password: (await readFile(file, 'utf8')).replace(/\r?\n$/, '') }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new StartError('secret', `${file} cannot be read (${reason}): correct password_file of [[route]] or its permissions`, {
      cause: error,
    })
  }
}

function sourceOf({ source_ipv4: ipv4, source_ipv6: ipv6, helo_name: heloName }: RouteConfig): Source {
  return {
    ...(ipv4 === undefined ? {} : { ipv4 }),
    ...(ipv6 === undefined ? {} : { ipv6 }),
    ...(heloName === undefined ? {} : { heloName }),
  }
}

/** When mail is tried again, and given up. */
export function schedulesOf({ outbound, route: routes }: Pick<Config, 'outbound' | 'route'>): Schedules {
  const ms = (seconds: number): number => seconds * 1000
  const own: Record<string, Partial<Schedule>> = {}
  for (const { to = [], first_retry: first, longest_retry: longest, lifetime } of routes) {
    const schedule = {
      ...(first === undefined ? {} : { first: ms(first) }),
      ...(longest === undefined ? {} : { longest: ms(longest) }),
      ...(lifetime === undefined ? {} : { lifetime: ms(lifetime) }),
    }
    if (Object.keys(schedule).length === 0) continue
    for (const domain of to) own[domain.startsWith('.') ? `*${canonical(domain)}` : canonical(domain)] = schedule
  }
  const all: Schedule = {
    first: ms(outbound.first_retry),
    longest: ms(outbound.longest_retry),
    lifetime: ms(outbound.lifetime),
    nullLifetime: ms(outbound.null_lifetime),
    delayNotice: ms(outbound.delay_notice),
  }
  return new Schedules(all, own)
}

/** What cannot be in DNS stays as it is, and meets nobody's mail. */
function canonical(domain: string): string {
  const bare = domain.replace(/^\./, '')
  return `${domain.startsWith('.') ? '.' : ''}${dnsName(bare) ?? bare.toLowerCase()}`
}
