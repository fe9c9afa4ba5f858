import type { IncomingMessage, ServerResponse } from 'node:http'
import type { createServer, Server } from 'node:https'
import type { Socket } from 'node:net'
import type { SecureContext } from 'node:tls'
import type { Clock, Logger } from '@mailstead/base'
import type { ConnectionInfo, Service } from '@mailstead/net'
import { CONNECTION_TIME, MAX_FIELDS, MAX_HEADER } from './limits.ts'

export interface StsServiceOptions {
  /** The text of the policy of a domain, in A-labels and lower case; `undefined`: it is none of ours. */
  readonly policyOf: (domain: string) => Promise<string | undefined>
  /** The certificate for a host name; `undefined`: there is none. */
  readonly certificateFor: (host: string) => SecureContext | undefined
  readonly clock: Clock
  readonly log: Logger
}

const PATH = '/.well-known/mta-sts.txt'
const HOST = /^mta-sts\.([a-z0-9_.-]+?)(?::\d{1,5})?$/

/** Serves `https://mta-sts.DOMAIN/.well-known/mta-sts.txt` (RFC 8461 section 3.2) and nothing else, one request a connection. Does the handshakes itself. */
export async function createStsService(options: StsServiceOptions): Promise<Service> {
  // Not before it is needed: it takes some 20 ms, and 7 MB.
  const https = await import('node:https')
  return new StsService(options, https.createServer)
}

class StsService implements Service {
  readonly #options: StsServiceOptions
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  constructor(options: StsServiceOptions, create: typeof createServer) {
    this.#options = options
    this.#server = create(
      {
        minVersion: 'TLSv1.2',
        SNICallback: (name, done) => {
          const context = options.certificateFor(name.toLowerCase())
          // Section 7.1: a handshake for a name that we have no certificate for ends.
          if (context === undefined) done(new Error('no certificate'))
          else done(null, context)
        },
        maxHeaderSize: MAX_HEADER,
        keepAlive: false,
      },
      (request, response) => void this.#answer(request, response),
    )
    this.#server.maxHeadersCount = MAX_FIELDS
    this.#server.maxRequestsPerSocket = 1
    this.#server.on('tlsClientError', (_error, socket) => socket.destroy())
    this.#server.on('clientError', (_error, socket) => socket.destroy())
  }

  accept(socket: Socket, { id }: ConnectionInfo): void {
    this.#sockets.add(socket)
    // The time-outs of Node's server count for one that listens by itself.
    const timer = this.#options.clock.after(CONNECTION_TIME, () => socket.destroy())
    socket.once('close', () => {
      timer.cancel()
      this.#sockets.delete(socket)
    })
    this.#options.log.debug('policy asked for', { session: id })
    this.#server.emit('connection', socket)
  }

  drain(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        timer.cancel()
        for (const socket of this.#sockets) socket.destroy()
        resolve()
      }
      const timer = this.#options.clock.after(ms, end)
      if (this.#sockets.size === 0) return end()
      for (const socket of this.#sockets) {
        socket.once('close', () => {
          if (this.#sockets.size === 0) end()
        })
      }
    })
  }

  /** Never rejects. */
  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const { status, text } = await this.#found(request)
      response.writeHead(status, {
        'content-type': 'text/plain; charset=utf-8',
        'content-length': Buffer.byteLength(text),
        // Section 8.2
        'cache-control': 'max-age=60',
        'x-content-type-options': 'nosniff',
        connection: 'close',
        ...(status === 405 ? { allow: 'GET, HEAD' } : {}),
      })
      response.end(request.method === 'HEAD' ? '' : text)
    } catch (error) {
      this.#options.log.error('policy not served', { err: error })
      request.socket.destroy()
    }
  }

  async #found({ method, url, headers }: IncomingMessage): Promise<{ readonly status: number; readonly text: string }> {
    const [, domain] = HOST.exec(headers.host?.toLowerCase() ?? '') ?? []
    if (domain === undefined || url !== PATH) return { status: 404, text: 'Not found\r\n' }
    if (method !== 'GET' && method !== 'HEAD') return { status: 405, text: 'Method not allowed\r\n' }
    const text = await this.#options.policyOf(domain)
    return text === undefined ? { status: 404, text: 'Not found\r\n' } : { status: 200, text }
  }
}
