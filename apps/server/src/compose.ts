import { resolve } from 'node:path'
import { keepCompiled, systemClock, type Clock, type Logger, type Timer, VERSION } from '@mailstead/base'
import type { Config } from '@mailstead/config'
import { serveControl, type ControlServer } from '@mailstead/control'
import { createDelivery, deliverLocally, reduceOutcomes, type Delivery, type LocalMessage } from '@mailstead/delivery'
import { ConnectionGate, createWireTap, drainAll, openTls, type FrontEndOptions, type TlsStore, type WireTap } from '@mailstead/net'
import { relayOf, Requests, type Outbound } from '@mailstead/outbound'
import type { OpenResolver } from '@mailstead/resolver'
import { reportReader } from '@mailstead/tls-reports'
import { startBackground } from './background.ts'
import { accountImports, exposeAdmin, freeDisk, type AdminParts, type ServerFacts } from './admin.ts'
import { accountCapabilities } from './capabilities.ts'
import type { Chore } from './chore.ts'
import { makeFolder } from './data-dir.ts'
import { holdDataDir, openData, type HeldDir, type OpenData } from './data.ts'
import { domainRecords } from './domain-records.ts'
import { StartError } from './errors.ts'
import { frontEnds } from './front-ends.ts'
import { giveBackAfterStart, giveBackAtRest } from './give-back.ts'
import { DRAIN_TIME } from './limits.ts'
import { factsOf, openEndpoints, plan, type Endpoint, type OpenEndpoint, type Place } from './listeners.ts'
import { openLog } from './log.ts'
import { Metering } from './metering.ts'
import type { Screening } from '@mailstead/screening'
import { openResolver, openScreening } from './screening.ts'
import { queueAdmin } from './queue-admin.ts'
import { isSending, readSendingFiles, startSending, type Sending, type SendingFiles } from './sending.ts'
import { openCertificates, openStsServing, type OpenSts } from './sts-serving.ts'
import { startTlsReporting } from './tls-reporting.ts'
import { savesSentOf } from './sent-mail.ts'
import { tokenOptions } from './tokens.ts'
import { sharingAdmin } from './sharing.ts'
import { suppressionAdmin, suppressionGate, suppressionPolicy } from './suppression.ts'

export interface ServerOptions {
  /** A folder for transcripts of every session. */
  readonly wireDir?: string | undefined
  readonly log?: Logger
  readonly clock?: Clock
  /** For tests: every service on a free port of 127.0.0.1. */
  readonly anyPort?: boolean
}

/** A server whose data are open and whose ports are not, until `start`. */
export interface MailServer {
  /** The data folder, absolute. */
  readonly dir: string
  readonly admin: AdminParts
  /** Opens the ports, then the control socket. Rejects with `ListenError` when one is taken; `stop` is due all the same. */
  start(): Promise<void>
  /** Says goodbye to every session, closes the store and lets go of the folder. Takes less than 10 s. */
  stop(): Promise<void>
  /** Reads the certificates again. */
  reload(): Promise<boolean>
  facts(): ServerFacts
  /** Puts a message made here into a mailbox, by the way of all mail. Rejects when it is not kept. */
  deliver(message: LocalMessage): Promise<void>
}

/** Takes the data folder and builds all parts. Rejects with `StartError`, `TlsError` or the store's own errors; nothing is left open then. */
export async function compose(config: Config, options: ServerOptions = {}): Promise<MailServer> {
  const clock = options.clock ?? systemClock
  const held = await holdDataDir(config.data_dir)
  try {
    const metering = config.metrics.port === 0 ? undefined : new Metering(config.metrics, clock)
    const plainLog = options.log ?? (await openLog(config.log))
    const log = metering?.log(plainLog) ?? plainLog
    const wire = options.wireDir === undefined ? undefined : await openWireTap(options.wireDir, log)
    const files = await readSendingFiles(config)
    const data = await openData(held.dir, config, log, clock, await tokenOptions(config.oauth))
    try {
      const { cert_file: certFile, key_file: keyFile } = config.tls
      const { client_ca_file: clientCaFile } = config.auth
      const tls = await openTls({
        dir: held.dir,
        hostName: config.host_name,
        ...(certFile === undefined ? {} : { certFile }),
        ...(keyFile === undefined ? {} : { keyFile }),
        ...(clientCaFile === undefined ? {} : { clientCaFile }),
        log,
        clock,
      })
      const certificates = await openCertificates(config, held.dir, log, clock)
      return new Composition(config, held, data, tls, {
        log,
        clock,
        wire,
        files,
        certificates,
        metering,
        anyPort: options.anyPort === true,
      })
    } catch (error) {
      await data.close()
      throw error
    }
  } catch (error) {
    held.release()
    throw error
  }
}

interface Settled {
  readonly log: Logger
  readonly clock: Clock
  readonly wire: WireTap | undefined
  readonly files: SendingFiles
  readonly metering: Metering | undefined
  /** Beside the main one. */
  readonly certificates: readonly TlsStore[]
  readonly anyPort: boolean
}

class Composition implements MailServer {
  readonly dir: string
  readonly admin: AdminParts
  readonly #delivery: Delivery
  readonly #config: Config
  readonly #files: SendingFiles
  readonly #held: HeldDir
  readonly #data: OpenData
  readonly #tls: TlsStore
  readonly #certificates: readonly TlsStore[]
  readonly #log: Logger
  readonly #clock: Clock
  readonly #gate: ConnectionGate
  readonly #planned: readonly Endpoint[]
  readonly #resolver: OpenResolver
  readonly #screening: Screening | undefined
  readonly #metering: Metering | undefined
  readonly #anyPort: boolean
  readonly #startedAt: number
  #open: readonly OpenEndpoint[] = []
  #sts: readonly OpenSts[] = []
  #control: ControlServer | undefined
  #givingBack: readonly Timer[] = []
  #sending: Sending | undefined
  #background: readonly (readonly [what: string, Chore])[] = []
  #stopping: Promise<void> | undefined

  constructor(config: Config, held: HeldDir, data: OpenData, tls: TlsStore, settled: Settled) {
    const { log, clock, wire, files, metering, anyPort } = settled
    const { accounts, store } = data
    const { intake, directory, maintenance, queue, suppressions } = store
    const policy = suppressionPolicy(config)
    this.dir = held.dir
    this.#config = config
    this.#files = files
    this.#certificates = [tls, ...settled.certificates]
    this.#held = held
    this.#data = data
    this.#tls = metering?.tls(tls) ?? tls
    this.#metering = metering
    this.#anyPort = anyPort
    this.#log = log
    this.#clock = clock
    this.#startedAt = clock.now()
    this.#delivery = createDelivery({
      intake,
      accounts,
      log,
      clock,
      hostName: config.host_name,
      leaves: isSending(config),
      undo: config.submission.undo * 1000,
      savesSent: savesSentOf(config, accounts),
      readers: [reportReader({ reports: store.tlsReports, isOurs: async (name) => (await directory.findDomain(name)) !== undefined, log })],
      rewriting: data.rewriting,
      relays: (domain) => relayOf(files.routing, domain) !== undefined,
      suppressed: suppressionGate(suppressions, policy, clock),
    })
    this.admin = {
      accounts,
      imports: accountImports(accounts),
      capabilities: accountCapabilities(accounts),
      keys: data.keys,
      sharing: sharingAdmin(accounts, store.stores),
      directory,
      intake,
      queue: queueAdmin(queue, () => this.#sending?.outbound),
      suppressions: suppressionAdmin(suppressions, policy, clock),
      tlsReports: store.tlsReports,
      records: domainRecords(config, held.dir, data.keys),
      maintenance,
      server: { facts: async () => this.facts(), freeDisk: () => freeDisk(this.dir), defaultQuota: async () => config.quota.default },
    }
    const frontEnd: FrontEndOptions = {
      hostName: config.host_name,
      tls: this.#tls,
      plaintextFromLoopback: config.auth.plaintext === 'loopback',
      log,
      clock,
      ...(wire === undefined ? {} : { wire }),
    }
    this.#gate = new ConnectionGate({
      total: config.limits.connections,
      perAddress: config.limits.connections_per_address,
      exemptLoopback: config.port_base > 0,
    })
    this.#resolver = openResolver(config.dns, clock)
    this.#screening = openScreening({ config, resolver: this.#resolver, store, log, clock })
    const outbound = (): Outbound | undefined => this.#sending?.outbound
    const relaying = isSending(config) && (files.routing.relayed?.size ?? 0) > 0
    const requests = relaying ? new Requests({ routing: files.routing, queue, outbound, clock, log }) : undefined
    const serve = frontEnds(config, frontEnd, data, this.#delivery, this.#screening, requests)
    this.#planned = plan(config).map((listener) => ({
      ...listener,
      ...(anyPort ? { place: onAnyPort(listener.place) } : {}),
      service: serve(listener),
    }))
  }

  async start(): Promise<void> {
    const [tls, gate, log, clock] = [this.#tls, this.#gate, this.#log, this.#clock]
    await this.#data.accounts.ready()
    const counted = this.#planned.map((each) => ({ ...each, service: this.#metering?.service(each.role, each.service) ?? each.service }))
    this.#open = await openEndpoints(counted, { tls, gate, log, clock })
    const { directory } = this.#data.store
    const [certificates, anyPort] = [this.#certificates, this.#anyPort]
    this.#sts = await openStsServing(this.#config, { directory, certificates, gate, log, clock, anyPort })
    if (isSending(this.#config)) this.#sending = this.#startSending()
    // Not before: who connects would wait for what it needs of the store.
    this.#background = startBackground(this.#config, { data: this.#data, delivery: this.#delivery, resolver: this.#resolver, log, clock })
    await this.#startMetering()
    this.#control = await serveControl({ dir: this.dir, exposed: exposeAdmin(this.admin), log })
    keepCompiled()
    this.#givingBack = [giveBackAfterStart(() => gate.open === 0, clock), giveBackAtRest({ store: this.#data.store, clock })]
    log.info('server started', { version: VERSION, pid: process.pid, data: this.dir, ports: this.facts().listeners })
  }

  async #startMetering(): Promise<void> {
    const { queue, maintenance } = this.#data.store
    await this.#metering?.start({ queue, maintenance, gate: this.#gate, log: this.#log, clock: this.#clock }, this.#anyPort)
  }

  #startSending(): Sending {
    const { keys, store } = this.#data
    const { queue, stsPolicies } = store
    const listening = this.#open.flatMap(({ role, place }) => (role === 'mx' && 'host' in place ? [place.host] : []))
    const [clock, log, resolver] = [this.#clock, this.#log, this.#resolver]
    const reporting = startTlsReporting(this.#config, { store, delivery: this.#delivery, resolver, clock, log })
    return startSending(this.#config, this.#files, { queue, stsPolicies, reporting, resolver, keys, listening, clock, log })
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop()
    return this.#stopping
  }

  reload(): Promise<boolean> {
    return Promise.all(this.#certificates.map((each) => each.reload())).then((all) => all.every(Boolean))
  }

  facts(): ServerFacts {
    const { source, caFile, names, notAfter } = this.#tls.describe()
    const metrics = this.#metering?.place
    return {
      pid: process.pid,
      version: VERSION,
      startedAt: this.#startedAt,
      hostName: this.#config.host_name,
      listeners: [
        ...this.#open.map(({ role, place }) => ({ role, ...factsOf(place) })),
        ...this.#sts.map(({ host, listener }) => ({ role: 'mta-sts' as const, host, port: listener.address.port })),
      ],
      connections: this.#gate.open,
      ...(metrics === undefined ? {} : { metrics }),
      caFile,
      certificate: { source, names, notAfter: notAfter.getTime() },
    }
  }

  async deliver(message: LocalMessage): Promise<void> {
    const accepted = await deliverLocally(this.#delivery, this.#data.store.stores.blobs, message)
    const failure = typeof accepted === 'string' ? accepted : reduceOutcomes(accepted.outcomes)?.code
    if (failure !== undefined) throw new Error(`message for ${message.recipient.localPart} was not kept: ${failure}`)
  }

  /** Each step is tried even when the one before it fails: the store is closed in the end, whatever a session does. */
  async #stop(): Promise<void> {
    for (const each of this.#givingBack) each.cancel()
    const listeners = [...this.#open, ...this.#sts].map(({ listener }) => listener)
    const services = [...this.#planned, ...this.#sts].map(({ service }) => service)
    const sessions = drainAll(listeners, services, DRAIN_TIME)
    await this.#attempt('sessions', Promise.all([sessions, this.#control?.close(), this.#sending?.stop(DRAIN_TIME)]))
    await this.#attempt('metrics', Promise.resolve(this.#metering?.stop()))
    for (const [what, chore] of this.#background) await this.#attempt(what, chore.stop())
    this.#screening?.close()
    this.#resolver.close()
    for (const each of this.#certificates) each.close()
    await this.#attempt('store', this.#data.close())
    this.#held.release()
    this.#log.info('server stopped')
  }

  async #attempt(what: string, work: Promise<unknown>): Promise<void> {
    try {
      await work
    } catch (error) {
      this.#log.error('stopping failed', { what, err: error })
    }
  }
}

async function openWireTap(dir: string, log: Logger): Promise<WireTap> {
  try {
    await makeFolder(resolve(dir))
    return createWireTap(dir, log)
  } catch (error) {
    throw new StartError('wire-dir', `${dir} cannot be written: choose another folder with --wire`, { cause: error })
  }
}

/** For tests. A socket's path is as free as its folder. */
function onAnyPort(place: Place): Place {
  return 'path' in place ? place : { host: '127.0.0.1', port: 0 }
}
