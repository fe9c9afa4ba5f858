import { networkInterfaces } from 'node:os'
import { Networks, type Clock, type Logger } from '@mailstead/base'
import type { Config } from '@mailstead/config'
import {
  listen,
  listenOnSocket,
  loopbackAddresses,
  type Closable,
  type ConnectionGate,
  type Service,
  type TlsSource,
  type UnixSocket,
} from '@mailstead/net'

/** What is served, and whether by TLS from the first octet: the key of a port in the configuration. */
export type Role = keyof Config['ports']

export type Protocol = Config['listener'][number]['role']

type TlsMode = 'none' | 'starttls' | 'implicit'

export type Place = { readonly host: string; readonly port: number } | UnixSocket

/** One port or socket of the configuration, with what belongs to it alone. */
export interface PlannedListener {
  readonly role: Role
  readonly protocol: Protocol
  readonly tls: TlsMode
  readonly place: Place
  readonly proxies: Networks
  /** `undefined`: everybody. */
  readonly clients: Networks | undefined
  readonly trusted: Networks | undefined
  readonly xclient: Networks | undefined
  readonly expn: boolean
  readonly limits: { readonly messageSize: number; readonly recipients: number; readonly messages: number | undefined }
}

export interface Endpoint extends PlannedListener {
  readonly service: Service
}

export interface OpenEndpoint extends Endpoint {
  readonly listener: Closable
}

/** An open listener as `status` tells of it. Behind a socket there is no host, and the port is 0. */
export interface ListenerFacts {
  readonly role: Role | 'mta-sts'
  readonly host: string
  readonly port: number
  /** The path of a Unix socket. */
  readonly socket?: string
}

export function factsOf(place: Place): Omit<ListenerFacts, 'role'> {
  return 'path' in place ? { host: '', port: 0, socket: place.path } : place
}

const SIMPLE: Readonly<Record<Role, { readonly protocol: Protocol; readonly tls: TlsMode }>> = {
  mx: { protocol: 'mx', tls: 'starttls' },
  submission: { protocol: 'submission', tls: 'starttls' },
  submissions: { protocol: 'submission', tls: 'implicit' },
  lmtp: { protocol: 'lmtp', tls: 'starttls' },
  odmr: { protocol: 'odmr', tls: 'starttls' },
  imap: { protocol: 'imap', tls: 'starttls' },
  imaps: { protocol: 'imap', tls: 'implicit' },
  pop3: { protocol: 'pop3', tls: 'starttls' },
  pop3s: { protocol: 'pop3', tls: 'implicit' },
}

const SOCKET_MODE = '0660'

/** What the configuration says is to be opened: `[ports]`, then each `[[listener]]`. */
export function plan(config: Config): PlannedListener[] {
  const simple = (Object.entries(config.ports) as [Role, number][]).filter(([, port]) => port !== 0)
  return [
    ...simple.flatMap(([role, port]) => planned({ role: SIMPLE[role].protocol, tls: SIMPLE[role].tls, port }, config)),
    ...config.listener.flatMap((listener) => planned(listener, config)),
  ]
}

/** One for each of its addresses. */
function planned(listener: Config['listener'][number], config: Config): PlannedListener[] {
  const { role: protocol, tls = listener.socket === undefined ? 'starttls' : 'none', clients, trusted, xclient, expn = false } = listener
  const networks = (list: readonly string[] | undefined): Networks | undefined => (list === undefined ? undefined : new Networks(list))
  const shared = {
    role: roleOf(protocol, tls),
    protocol,
    tls,
    proxies: new Networks(listener.proxies ?? config.listen.proxies),
    clients: networks(clients),
    trusted: networks(trusted),
    xclient: networks(xclient),
    expn,
    limits: {
      messageSize: listener.message_size ?? config.limits.message_size,
      recipients: listener.recipients ?? config.limits.recipients,
      messages: listener.messages ?? config.limits.messages,
    },
  }
  return places(listener, config).map((place) => ({ ...shared, place }))
}

function roleOf(protocol: Protocol, tls: TlsMode): Role {
  const found = (Object.keys(SIMPLE) as Role[]).find((role) => SIMPLE[role].protocol === protocol && SIMPLE[role].tls === tls)
  return found ?? protocol
}

function places({ role, addresses, port, socket, socket_mode, socket_group }: Config['listener'][number], config: Config): Place[] {
  if (socket !== undefined) return [{ path: socket, mode: Number.parseInt(socket_mode ?? SOCKET_MODE, 8), group: socket_group }]
  const hosts = addresses ?? (role === 'lmtp' ? loopbackAddresses() : usualHosts(config))
  return hosts.map((host) => ({ host, port: (port ?? 0) + config.port_base }))
}

export function usualHosts({ listen: { addresses }, port_base }: Config): readonly string[] {
  return addresses ?? (port_base > 0 ? loopbackAddresses() : everyAddress())
}

/** `::` takes IPv4 too; without IPv6 in the machine it cannot be opened. */
function everyAddress(): string[] {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? [])
  return all.some(({ family }) => family === 'IPv6') ? ['::'] : ['0.0.0.0']
}

export interface OpenOptions {
  readonly tls: TlsSource
  readonly gate: ConnectionGate
  readonly log: Logger
  readonly clock: Clock
}

/** Opens all or none. Rejects with `ListenError`. */
export async function openEndpoints(endpoints: readonly Endpoint[], options: OpenOptions): Promise<OpenEndpoint[]> {
  const open: OpenEndpoint[] = []
  try {
    for (const endpoint of endpoints) open.push(await openEndpoint(endpoint, options))
    return open
  } catch (error) {
    await Promise.all(open.map(({ listener }) => listener.close()))
    throw error
  }
}

async function openEndpoint(endpoint: Endpoint, { tls, ...rest }: OpenOptions): Promise<OpenEndpoint> {
  const { place, service, proxies, clients } = endpoint
  if ('path' in place) return { ...endpoint, listener: await listenOnSocket({ socket: place, service, ...rest }) }
  const implicit = endpoint.tls === 'implicit' ? { tls } : {}
  const listener = await listen({ ...place, service, proxies, clients, ...implicit, ...rest })
  return { ...endpoint, place: { host: place.host, port: listener.address.port }, listener }
}
