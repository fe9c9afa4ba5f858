import { networkInterfaces } from 'node:os'
import type { Clock, Logger, Networks } from '@mailstead/base'
import type { Config } from '@mailstead/config'
import { listen, loopbackAddresses, type ConnectionGate, type Listener, type Service, type TlsSource } from '@mailstead/net'

/** The key of a port in the configuration names what is served there. */
export type Role = keyof Config['ports']

/** TLS from the first octet. */
const IMPLICIT_TLS: ReadonlySet<Role> = new Set(['submissions', 'imaps', 'pop3s'])

/** One port to open, or open. */
export interface Endpoint {
  readonly role: Role
  readonly host: string
  readonly port: number
  readonly implicitTls: boolean
}

export interface OpenEndpoint extends Endpoint {
  readonly listener: Listener
}

/** What the configuration says is to be opened. */
export function plan(config: Config): Endpoint[] {
  const loopback = loopbackAddresses()
  const hosts = config.listen.addresses ?? (config.port_base > 0 ? loopback : everyAddress())
  const roles = (Object.entries(config.ports) as [Role, number][]).filter(([, port]) => port !== 0)
  return roles.flatMap(([role, port]) =>
    (role === 'lmtp' ? loopback : hosts).map((host) => ({
      role,
      host,
      port: port + config.port_base,
      implicitTls: IMPLICIT_TLS.has(role),
    })),
  )
}

/** `::` takes IPv4 too; without IPv6 in the machine it cannot be opened. */
function everyAddress(): string[] {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? [])
  return all.some(({ family }) => family === 'IPv6') ? ['::'] : ['0.0.0.0']
}

/** What answers on each port. */
export type Services = Readonly<Record<Role, Service>>

export interface OpenOptions {
  readonly services: Services
  readonly tls: TlsSource
  readonly proxies: Networks
  readonly gate: ConnectionGate
  readonly log: Logger
  readonly clock: Clock
}

/** Opens all or none. Rejects with `ListenError`. */
export async function openEndpoints(endpoints: readonly Endpoint[], options: OpenOptions): Promise<OpenEndpoint[]> {
  const { services, tls, ...rest } = options
  const open: OpenEndpoint[] = []
  try {
    for (const { role, host, port, implicitTls } of endpoints) {
      const listener = await listen({ host, port, service: services[role], ...(implicitTls ? { tls } : {}), ...rest })
      open.push({ role, host, port: listener.address.port, implicitTls, listener })
    }
    return open
  } catch (error) {
    await Promise.all(open.map(({ listener }) => listener.close()))
    throw error
  }
}
