import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { Clock, Logger } from '@mailstead/base'
import type { Config } from '@mailstead/config'
import { Metrics, serveMetrics, type MetricsServer, type Observed } from '@mailstead/metrics'
import type { ConnectionGate, Service, TlsStore } from '@mailstead/net'
import type { Maintenance, QueueStore } from '@mailstead/store'
import { StartError } from './errors.ts'

/** ns to s. */
const NANO = 1e-9
/** ms between looks at the event loop. */
const LOOP_RESOLUTION = 20
/** µs to s. */
const MICRO = 1e-6

export interface Meterable {
  readonly queue: Pick<QueueStore, 'status'>
  readonly maintenance: Pick<Maintenance, 'figures'>
  readonly gate: Pick<ConnectionGate, 'open'>
  readonly log: Logger
  readonly clock: Clock
}

/** Counts what this server does, where the configuration wants it; else nothing stands between the parts. */
export class Metering {
  readonly #metrics = new Metrics()
  readonly #place: Config['metrics']
  readonly #loop = monitorEventLoopDelay({ resolution: LOOP_RESOLUTION })
  readonly #startedAt: number
  /** By listener. */
  readonly #sessions = new Map<string, number>()
  #server: MetricsServer | undefined

  constructor(place: Config['metrics'], clock: Clock) {
    this.#place = place
    this.#startedAt = clock.now()
  }

  /** The same log, counted. */
  log(log: Logger): Logger {
    return this.#metrics.listen(log)
  }

  /** The same certificate, its handshakes counted. */
  tls(tls: TlsStore): TlsStore {
    const metrics = this.#metrics
    return {
      get secureContext() {
        return tls.secureContext
      },
      ...(tls.asksForCertificate === undefined ? {} : { asksForCertificate: tls.asksForCertificate }),
      secured: (version) => metrics.count('handshakes', version),
      describe: () => tls.describe(),
      covers: (name) => tls.covers(name),
      reload: () => tls.reload(),
      close: () => tls.close(),
    }
  }

  /** The same service, its connections counted. */
  service(role: string, service: Service): Service {
    return {
      ...(service.admit === undefined ? {} : { admit: (info) => service.admit?.(info) }),
      accept: (socket, info) => {
        this.#metrics.count('sessions', role)
        this.#opened(role, 1)
        socket.once('close', () => this.#opened(role, -1))
        service.accept(socket, info)
      },
      ...(service.refuse === undefined ? {} : { refuse: (socket, info, reason) => service.refuse?.(socket, info, reason) }),
      drain: (ms) => service.drain(ms),
    }
  }

  /** Where it is told. Rejects with `StartError` when the port is taken. */
  async start(parts: Meterable, anyPort: boolean): Promise<void> {
    const { address: host } = this.#place
    const port = anyPort ? 0 : this.#place.port
    const { log, clock } = parts
    this.#loop.enable()
    try {
      this.#server = await serveMetrics({ host, port, metrics: this.#metrics, observe: () => this.#observe(parts), log, clock })
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      throw new StartError('metrics', `metrics cannot be served on ${host}:${port} (${reason}): choose another metrics.port`, {
        cause: error,
      })
    }
  }

  get place(): { readonly host: string; readonly port: number } | undefined {
    return this.#server && { host: this.#server.host, port: this.#server.port }
  }

  async stop(): Promise<void> {
    this.#loop.disable()
    await this.#server?.close()
  }

  async #observe({ queue, maintenance, gate, clock }: Meterable): Promise<Observed> {
    const now = clock.now()
    const [waiting, store] = await Promise.all([queue.status(), maintenance.figures()])
    const { rss, heapUsed, external, arrayBuffers } = process.memoryUsage()
    const { user, system } = process.cpuUsage()
    return {
      connections: gate.open,
      open: Object.fromEntries(this.#sessions),
      queued: waiting.queued,
      held: waiting.held,
      tried: waiting.deferred,
      oldest: waiting.oldest === undefined ? 0 : Math.max(0, now - waiting.oldest) / 1000,
      commits: store.commits,
      acts: store.acts,
      commitSeconds: store.commitMs / 1000,
      database: store.databaseSize,
      wal: store.walSize,
      loopDelay: this.#delay(),
      memory: { rss, heap: heapUsed, external, buffers: arrayBuffers },
      cpu: (user + system) * MICRO,
      uptime: (now - this.#startedAt) / 1000,
    }
  }

  #opened(role: string, by: 1 | -1): void {
    this.#sessions.set(role, (this.#sessions.get(role) ?? 0) + by)
  }

  #delay(): Readonly<Record<string, number>> {
    const loop = this.#loop
    // What is measured is the time between two looks.
    const late = (ns: number): number => Math.max(0, ns * NANO - LOOP_RESOLUTION / 1000)
    const delays = { '0.5': late(loop.percentile(50)), '0.99': late(loop.percentile(99)), '1': late(loop.max) }
    loop.reset()
    return delays
  }
}
