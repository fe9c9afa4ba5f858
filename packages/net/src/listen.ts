import { randomInt } from 'node:crypto'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import type { Clock, Logger, Networks } from '@mailstead/base'
import { isLoopback, plainAddress } from './address.ts'
import { HandshakeError, ListenError, systemCode } from './errors.ts'
import type { ConnectionGate } from './gate.ts'
import { serverHandshake } from './handshake.ts'
import { ACCEPTORS, BACKLOG, REFUSAL_TIME } from './limits.ts'
import { readProxyHeader } from './proxied.ts'
import type { ConnectionInfo, Refusal, Service, TlsSource } from './service.ts'
import { openUnixSocket, type UnixSocket } from './unix-socket.ts'

/** What is served at a place, and to whom. */
export interface Served {
  readonly service: Service
  /** Implicit TLS: the handshake comes before the first octet of the protocol. */
  readonly tls?: TlsSource
  /** Where connections come from that begin with a PROXY header, and are refused without one. */
  readonly proxies?: Networks
  /** Whoever is not among them is refused; without it nobody is. */
  readonly clients?: Networks | undefined
  readonly gate: ConnectionGate
  readonly log: Logger
  readonly clock: Clock
}

export interface ListenOptions extends Served {
  /** `127.0.0.1`, `::1`; `::` takes IPv4 clients too. */
  readonly host: string
  /** 0: any free one. */
  readonly port: number
}

export interface SocketListenOptions extends Pick<Served, 'service' | 'gate' | 'log' | 'clock'> {
  readonly socket: UnixSocket
}

/** An open port or socket. */
export interface Closable {
  /** Stops accepting and drops unfinished handshakes. Connections already handed over belong to their service. */
  close(): Promise<void>
}

export interface Listener extends Closable {
  readonly address: AddressInfo
}

/** Opens a port. Rejects with `ListenError`. */
export async function listen(options: ListenOptions): Promise<Listener> {
  const { host, log } = options
  const { servers, closable } = serve(options, 'port', ACCEPTORS)
  const address = await open(servers, options)
  for (const server of servers) {
    server.on('error', (error) => log.error('listener failed', { host, port: address.port, error: error.message }))
  }
  return { ...closable, address }
}

/**
 * Opens the port alone first: others who have it are found, as sockets that may share it would join them. Then all of its sockets; where
 * the system knows no sharing, one.
 */
async function open(servers: readonly Server[], options: ListenOptions): Promise<AddressInfo> {
  const [first = createServer()] = servers
  const address = await bind(first, options, false)
  const place = { ...options, port: address.port }
  await new Promise((resolve) => first.close(resolve))
  try {
    await Promise.all(servers.map((server) => bind(server, place, true)))
  } catch {
    for (const server of servers) if (server.listening) await new Promise((resolve) => server.close(resolve))
    await bind(first, place, false)
  }
  return address
}

function bind(server: Server, { host, port }: ListenOptions, reusePort: boolean): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    const failed = (error: Error): void => reject(listenError(error, { host, port }))
    server.once('error', failed)
    server.listen({ host, port, backlog: BACKLOG, reusePort }, () => {
      server.off('error', failed)
      resolve(server.address() as AddressInfo)
    })
  })
}

/** Opens a Unix socket. Its clients count towards all connections only. Rejects with `ListenError`. */
export async function listenOnSocket(options: SocketListenOptions): Promise<Closable> {
  const { socket, log } = options
  const { servers, closable } = serve(options, 'socket', 1)
  const [server = createServer()] = servers
  await openUnixSocket(server, socket)
  server.on('error', (error) => log.error('listener failed', { socket: socket.path, error: error.message }))
  return closable
}

type At = 'port' | 'socket'

function serve(options: Served, at: At, count: number): { readonly servers: readonly Server[]; readonly closable: Closable } {
  const pending = new Set<Socket>()
  const taken = (socket: Socket): void => void welcome(socket, options, pending, at)
  const servers = Array.from({ length: count }, () => createServer({ noDelay: true, keepAlive: true }, taken))
  const closable: Closable = {
    async close() {
      for (const server of servers) server.close()
      for (const socket of pending) socket.destroy()
      await new Promise((resolve) => setImmediate(resolve))
    },
  }
  return { servers, closable }
}

/** Counts the connection, encrypts it if so asked, and hands it over. Never rejects. */
async function welcome(raw: Socket, options: Served, pending: Set<Socket>, at: At): Promise<void> {
  // Every error is followed by `close`, which services listen to; an error that nobody hears would end the process.
  raw.on('error', ignore)
  const info = at === 'socket' ? fromHere() : await describe(raw, options, pending)
  if (info === undefined || raw.destroyed) {
    raw.destroy()
    return
  }
  if (options.clients?.has(info.remoteAddress) === false) return refuse(raw, info, 'not-a-client', 'not among its clients', options)
  const refusal = options.service.admit?.(info)
  if (refusal !== undefined) return refuse(raw, info, refusal, refusal, options)
  const admission = options.gate.admit(at === 'socket' ? undefined : info.remoteAddress)
  if (!admission.ok) return refuse(raw, info, 'too-many', `limit: ${admission.reason}`, options)
  raw.once('close', () => admission.release())
  const socket = options.tls === undefined ? raw : await encrypt(raw, info, options.tls, options, pending)
  if (socket === undefined) return
  if (socket !== raw) socket.on('error', ignore)
  try {
    options.service.accept(socket, info)
  } catch (error) {
    options.log.error('service failed to accept', { session: info.id, error: error instanceof Error ? error.stack : String(error) })
    socket.destroy()
  }
}

function ignore(): void {}

async function encrypt(
  raw: Socket,
  info: ConnectionInfo,
  tls: TlsSource,
  { log, clock }: Served,
  pending: Set<Socket>,
): Promise<Socket | undefined> {
  pending.add(raw)
  try {
    return await serverHandshake(raw, tls, clock)
  } catch (error) {
    const code = error instanceof HandshakeError ? error.code : 'failed'
    log.info('TLS handshake failed', {
      session: info.id,
      remoteAddress: info.remoteAddress,
      port: info.localPort,
      code,
      error: String(error),
    })
    raw.destroy()
    return undefined
  } finally {
    pending.delete(raw)
  }
}

/** In clear the client is told; behind implicit TLS a handshake only to say no would cost what the limit is to save. */
function refuse(raw: Socket, info: ConnectionInfo, refusal: Refusal, reason: string, { service, tls, log, clock }: Served): void {
  log.warn('connection refused', { session: info.id, remoteAddress: info.remoteAddress, port: info.localPort, reason })
  if (service.refuse === undefined || tls !== undefined) {
    raw.destroy()
    return
  }
  const timer = clock.after(REFUSAL_TIME, () => raw.destroy())
  raw.once('close', () => timer.cancel())
  service.refuse(raw, info, refusal)
}

/** Unique over restarts as well: a random start and a counter. */
const run = randomInt(36 ** 5)
  .toString(36)
  .padStart(5, '0')
let count = 0
const nextId = (): string => `${run}-${(++count).toString(36)}`

/** Through a Unix socket: from this machine, and nothing more is known. */
const fromHere = (): ConnectionInfo => ({
  id: nextId(),
  secure: false,
  remoteAddress: '127.0.0.1',
  remotePort: 0,
  localPort: 0,
  loopback: true,
})

/** `undefined`: the client has gone before we looked, or a proxy does not say whom it passes on. */
async function describe(socket: Socket, options: Served, pending: Set<Socket>): Promise<ConnectionInfo | undefined> {
  const { remoteAddress, remotePort, localAddress, localPort } = socket
  if (remoteAddress === undefined || remotePort === undefined || localAddress === undefined || localPort === undefined) return undefined
  const peer = plainAddress(remoteAddress)
  const info = {
    id: nextId(),
    secure: options.tls !== undefined,
    remoteAddress: peer,
    remotePort,
    localPort,
    loopback: isLoopback(peer) && isLoopback(plainAddress(localAddress)),
  }
  return options.proxies?.has(peer) === true ? passedOn(socket, info, options, pending) : info
}

/** The same with the client instead of its proxy. */
async function passedOn(
  socket: Socket,
  info: ConnectionInfo,
  { log, clock }: Served,
  pending: Set<Socket>,
): Promise<ConnectionInfo | undefined> {
  pending.add(socket)
  const header = await readProxyHeader(socket, clock)
  pending.delete(socket)
  if (header === undefined) log.warn('no PROXY header', { session: info.id, remoteAddress: info.remoteAddress, port: info.localPort })
  if (header?.client === undefined) return header === undefined ? undefined : info
  const { address, port } = header.client
  // Whoever has come to the proxy on this machine has come to this machine; nobody else is trusted as local.
  return { ...info, remoteAddress: address, remotePort: port, loopback: info.loopback && isLoopback(address) }
}

function listenError(error: Error, { host, port }: Pick<ListenOptions, 'host' | 'port'>): ListenError {
  switch (systemCode(error)) {
    case 'EADDRINUSE':
      return new ListenError(
        'in-use',
        `Port ${port} on ${host} is taken by another program: stop that program, or choose other ports with --port-base`,
        { cause: error },
      )
    case 'EACCES':
    case 'EPERM':
      return new ListenError(
        'not-allowed',
        `Port ${port} on ${host} may not be opened by this user: grant CAP_NET_BIND_SERVICE, or choose ports above 1023 with --port-base`,
        { cause: error },
      )
    case 'EADDRNOTAVAIL':
    case 'EAFNOSUPPORT':
    case 'ENOTFOUND':
      return new ListenError('no-such-address', `This machine has no address ${host} to listen on (port ${port}): correct the host`, {
        cause: error,
      })
    default:
      return new ListenError('failed', `Port ${port} on ${host} cannot be opened: ${error.message}`, { cause: error })
  }
}
