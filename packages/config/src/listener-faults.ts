import { isIPv4 } from 'node:net'
import type { Fault } from './fault.ts'
import type { ListenerConfig } from './listener.ts'
import type { Config } from './schema.ts'

/** A key that makes no sense beside others of its table, and why. */
type Rule = (listener: ListenerConfig, config: Config) => readonly [key: keyof ListenerConfig, text: string] | undefined

const MAIL = new Set<ListenerConfig['role']>(['mx', 'submission', 'lmtp'])

/** RFC 2033 section 5: a server that is taken for SMTP loses mail. */
const SMTP_PORT = 25

const rules: readonly Rule[] = [
  ({ port, socket }) => (port === undefined && socket === undefined ? ['role', 'needs port, or socket'] : undefined),
  ({ port, socket }) => (port !== undefined && socket !== undefined ? ['socket', 'there is a port already: one of the two'] : undefined),
  ({ role, socket }) => (socket !== undefined && role !== 'lmtp' ? ['socket', 'is for role "lmtp" only'] : undefined),
  onSocket('addresses', 'a socket has no addresses'),
  onSocket('proxies', 'nobody is passed on to a socket'),
  onSocket('clients', 'who may connect to a socket is said by socket_mode and socket_group'),
  onSocket('trusted', 'who connects to a socket is trusted anyway'),
  ({ socket, tls }) => (socket !== undefined && tls !== undefined && tls !== 'none' ? ['tls', 'a socket needs no encryption'] : undefined),
  withoutSocket('socket_mode'),
  withoutSocket('socket_group'),
  ({ role, port }) => (role === 'lmtp' && port === SMTP_PORT ? ['port', 'LMTP may not be on the port of SMTP'] : undefined),
  ({ role, tls }) =>
    role === 'mx' && tls === 'implicit' ? ['tls', 'other servers begin in clear: "starttls" is what they know'] : undefined,
  ({ role, tls }) => (tls === 'none' && role === 'odmr' ? ['tls', 'nobody could log in: no password is taken in clear'] : undefined),
  ({ role, tls }) =>
    tls === 'none' && (role === 'imap' || role === 'pop3') ? ['tls', `role "${role}" always offers TLS, which may stay unused`] : undefined,
  ({ role, tls }, config) =>
    role === 'submission' && tls === 'none' && config.auth.plaintext === 'never'
      ? ['tls', 'nobody could log in: no password is taken in clear unless auth.plaintext = "loopback"']
      : undefined,
  (listener, config) =>
    listener.role === 'lmtp' && listener.clients === undefined && hostsOf(listener, config).some((host) => !isLoopback(host))
      ? ['addresses', 'whoever connects by LMTP is trusted: beyond loopback it needs clients too']
      : undefined,
  mailOnly('message_size'),
  mailOnly('recipients'),
  mailOnly('messages'),
  ({ role, xclient }) =>
    xclient !== undefined && role !== 'mx' && role !== 'submission' ? ['xclient', `means nothing for role "${role}"`] : undefined,
  expnFault,
  ({ role, trusted }) =>
    trusted !== undefined && (role === 'submission' || !MAIL.has(role)) ? ['trusted', `means nothing for role "${role}"`] : undefined,
]

/** Mail from strangers: RFC 5321 section 7.3 has the reasons to tell them nothing. */
function expnFault({ role, expn }: ListenerConfig): ReturnType<Rule> {
  if (expn !== true || role === 'submission' || role === 'lmtp') return undefined
  return ['expn', role === 'mx' ? 'strangers are not told where aliases lead' : `means nothing for role "${role}"`]
}

function onSocket(key: keyof ListenerConfig, text: string): Rule {
  return (listener) => (listener.socket !== undefined && listener[key] !== undefined ? [key, text] : undefined)
}

function withoutSocket(key: 'socket_mode' | 'socket_group'): Rule {
  return (listener) => (listener.socket === undefined && listener[key] !== undefined ? [key, 'there is no socket'] : undefined)
}

function mailOnly(key: keyof ListenerConfig): Rule {
  return (listener) =>
    listener[key] !== undefined && !MAIL.has(listener.role) ? [key, `means nothing for role "${listener.role}"`] : undefined
}

/** What no single key of a listener can tell, and what two of them cannot have both. */
export function listenerFaults(config: Config): Fault[] {
  const faults = config.listener.flatMap((listener, i) =>
    rules.flatMap((rule) => {
      const found = rule(listener, config)
      return found === undefined ? [] : [{ path: `listener[${i}].${found[0]}`, text: found[1] }]
    }),
  )
  return [...faults, ...clashes(config)]
}

interface Place {
  readonly path: string
  readonly port: number
  readonly hosts: readonly string[]
}

function clashes(config: Config): Fault[] {
  const faults: Fault[] = []
  const sockets = new Map<string, string>()
  const places: Place[] = Object.entries(config.ports)
    .filter(([, port]) => port !== 0)
    .map(([name, port]) => ({ path: `ports.${name}`, port, hosts: name === 'lmtp' ? LOOPBACK : defaultHosts(config) }))
  for (const [i, listener] of config.listener.entries()) {
    const { port, socket } = listener
    if (port !== undefined) {
      const place = { path: `listener[${i}].port`, port, hosts: hostsOf(listener, config) }
      const text = portFault(place, places, config.port_base)
      if (text !== undefined) faults.push({ path: place.path, text })
      places.push(place)
    }
    if (socket === undefined) continue
    const other = sockets.get(socket)
    if (other !== undefined) faults.push({ path: `listener[${i}].socket`, text: `is already ${other}` })
    sockets.set(socket, `listener[${i}].socket`)
  }
  return faults
}

function portFault(place: Place, others: readonly Place[], base: number): string | undefined {
  if (place.port + base > 65_535) return `${place.port} + port_base ${base} is not a port`
  const other = others.find(({ port, hosts }) => port === place.port && overlap(hosts, place.hosts))
  return other === undefined ? undefined : `${place.port} is already ${other.path}`
}

const LOOPBACK = ['127.0.0.1', '::1']
const EVERYWHERE = ['0.0.0.0', '::']

function defaultHosts(config: Config): readonly string[] {
  return config.listen.addresses ?? (config.port_base > 0 ? LOOPBACK : EVERYWHERE)
}

function hostsOf({ role, addresses, socket }: ListenerConfig, config: Config): readonly string[] {
  if (socket !== undefined) return []
  return addresses ?? (role === 'lmtp' ? LOOPBACK : defaultHosts(config))
}

/** `::` takes IPv4 clients too, so it and an IPv4 address cannot both be had. */
function overlap(a: readonly string[], b: readonly string[]): boolean {
  const covers = (one: string, other: string): boolean => one === other || one === '::' || (one === '0.0.0.0' && isIPv4(other))
  return a.some((one) => b.some((other) => covers(one, other) || covers(other, one)))
}

function isLoopback(host: string): boolean {
  return host === '::1' || (isIPv4(host) && host.startsWith('127.'))
}
