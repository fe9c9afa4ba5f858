import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Clock, Logger } from '@mailstead/base'
import { MAX_CONNECTIONS, OBSERVE_EVERY, REQUEST_TIME } from './limits.ts'
import type { Metrics, Observed } from './metrics.ts'

export interface ServeOptions {
  readonly host: string
  /** 0: any that is free. */
  readonly port: number
  readonly metrics: Metrics
  /** Asked for at most every OBSERVE_EVERY ms. */
  readonly observe: () => Promise<Observed>
  readonly log: Logger
  readonly clock: Clock
}

export interface MetricsServer {
  readonly host: string
  readonly port: number
  close(): Promise<void>
}

/** Serves `/metrics` over HTTP. Rejects when the port is taken. */
export async function serveMetrics(options: ServeOptions): Promise<MetricsServer> {
  const { host, log } = options
  const look = remembered(options)
  // Not before it is needed: it takes some 20 ms, and 7 MB.
  const { createServer } = await import('node:http')
  const server = createServer({ requestTimeout: REQUEST_TIME, headersTimeout: REQUEST_TIME }, (request, response) => {
    answer(request, response, options.metrics, look).catch((error: unknown) => {
      log.warn('metrics not told', { err: error })
      response.destroy()
    })
  })
  server.maxConnections = MAX_CONNECTIONS
  server.listen(options.port, host)
  await once(server, 'listening')
  server.on('error', (error) => log.error('metrics listener failed', { error: error.message }))
  return {
    host,
    port: (server.address() as AddressInfo).port,
    async close() {
      const closed = new Promise<void>((resolve) => void server.close(() => resolve()))
      server.closeAllConnections()
      await closed
    },
  }
}

async function answer(request: IncomingMessage, response: ServerResponse, metrics: Metrics, look: () => Promise<Observed>): Promise<void> {
  const path = request.url?.split('?')[0]
  if (path !== '/metrics') return void response.writeHead(404).end()
  if (request.method !== 'GET' && request.method !== 'HEAD') return void response.writeHead(405, { Allow: 'GET, HEAD' }).end()
  const text = metrics.print(await look())
  response.writeHead(200, { 'Content-Type': 'text/plain; version=0.0.4; charset=utf-8' }).end(text)
}

/** What cannot be seen is no reason to tell nothing of what was counted. */
function remembered({ observe, clock, log }: ServeOptions): () => Promise<Observed> {
  let last: { readonly at: number; readonly observed: Promise<Observed> } | undefined
  return () => {
    const now = clock.now()
    if (last === undefined || now - last.at >= OBSERVE_EVERY || now < last.at) {
      const observed = observe().catch((error: unknown) => {
        log.warn('metrics not observed', { err: error })
        return {}
      })
      last = { at: now, observed }
    }
    return last.observed
  }
}
