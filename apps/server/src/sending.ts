import { readFile } from 'node:fs/promises'
import { networkInterfaces } from 'node:os'
import type { Clock, Logger, Timer } from '@mailstead/base'
import type { Config } from '@mailstead/config'
import { ipv6Confirmed, MtaSts, publicIpv6, startOutbound, type Outbound, type RoutingTable } from '@mailstead/outbound'
import type { Resolver } from '@mailstead/resolver'
import { Departure, MailSigner, type KeySource, type Passing } from '@mailstead/signing'
import type { Consignment, QueueStore, StsPolicies } from '@mailstead/store'
import { startChore } from './chore.ts'
import { StartError } from './errors.ts'
import { IPV6_INTERVAL, STS_INTERVAL } from './limits.ts'
import { readRoutes, schedulesOf } from './routes.ts'
import type { TlsReporting } from './tls-reporting.ts'

/** Whether mail goes to other servers: a server for trying out sends none unless it is told to. */
export function isSending({ outbound, port_base: base }: Pick<Config, 'outbound' | 'port_base'>): boolean {
  return outbound.send ?? base === 0
}

/** What of the configuration stands in files. */
export interface SendingFiles {
  readonly routing: RoutingTable
  readonly authorities: readonly string[] | undefined
}

/** Rejects with `StartError` when a file cannot be read. */
export async function readSendingFiles({ outbound, route }: Config): Promise<SendingFiles> {
  return { routing: await readRoutes(route), authorities: await authoritiesIn(outbound.ca_file) }
}

async function authoritiesIn(file: string | undefined): Promise<readonly string[] | undefined> {
  if (file === undefined) return undefined
  try {
    return [await readFile(file, 'utf8')]
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new StartError('secret', `${file} cannot be read (${reason}): correct outbound.ca_file or its permissions`, { cause: error })
  }
}

export interface SendingParts {
  readonly queue: QueueStore
  readonly stsPolicies: StsPolicies
  /** Hears how TLS goes. */
  readonly reporting: TlsReporting | undefined
  readonly resolver: Resolver
  /** Of our domains: mail is signed with them. */
  readonly keys: KeySource
  /** Addresses that other servers' mail comes in at, as listeners name them. */
  readonly listening: readonly string[]
  readonly clock: Clock
  readonly log: Logger
}

export interface Sending {
  readonly outbound: Outbound
  /** What is not done after so many ms is as if it had not been tried. */
  stop(ms: number): Promise<void>
}

/** The same for the same octets and sender. */
function nameOf({ queueId, copy }: Consignment): string {
  return copy === undefined ? queueId : `${queueId} ${copy.id}`
}

/** Mail of others on its way is never signed as ours, whatever its sender and its author are said to be. */
function passingOf({ foreign, copy }: Consignment): Passing | undefined {
  if (copy !== undefined) return copy.own ? undefined : { arrival: copy.arrival }
  return foreign ? {} : undefined
}

/** Takes queued mail to other servers. */
export function startSending(config: Config, { routing, authorities }: SendingFiles, parts: SendingParts): Sending {
  const { outbound: options } = config
  const ipv6 = new Ipv6(options.ipv6, parts)
  const departure = new Departure(options.sign ? new MailSigner(parts.keys, parts.clock) : undefined, parts.clock)
  const { reporting } = parts
  const sts = new MtaSts({
    ...parts,
    policies: parts.stsPolicies,
    port: options.sts_port,
    onTrouble: (trouble) => reporting?.onTrouble(trouble),
    ...(authorities === undefined ? {} : { authorities }),
  })
  const refreshing = startChore({
    ...parts,
    first: STS_INTERVAL,
    interval: STS_INTERVAL,
    failure: 'MTA-STS policies were not refreshed',
    act: async () => void (await sts.refresh()),
  })
  const engine = startOutbound({
    ...parts,
    routing,
    hostName: config.host_name,
    schedules: schedulesOf(config),
    own: { names: new Set([config.host_name]), addresses: ownAddresses(parts.listening) },
    port: options.port,
    stsOf: (domain) => sts.policyOf(domain),
    // Where it leaves, not where it came: what is read here is signed by nobody, and keys may change while mail waits.
    prepare: (message, consignment) => departure.prepare(nameOf(consignment), message, consignment.mailFrom, passingOf(consignment)),
    onTls: (result) => reporting?.onTls(result),
    ipv6: () => ipv6.usable,
    connections: options.connections,
    connectionsPerDestination: options.connections_per_destination,
    ...(authorities === undefined ? {} : { authorities }),
  })
  return {
    outbound: engine,
    async stop(ms) {
      ipv6.stop()
      sts.close()
      await Promise.all([engine.stop(ms), refreshing.stop()])
      await reporting?.stop()
    },
  }
}

/** A listener on every address is there at each of them. */
function ownAddresses(listening: readonly string[]): ReadonlySet<string> {
  const everywhere = listening.some((host) => host === '::' || host === '0.0.0.0')
  const machine = everywhere ? Object.values(networkInterfaces()).flatMap((all) => (all ?? []).map(({ address }) => address)) : []
  return new Set([...listening, ...machine])
}

/** Whether IPv6 is used, looked at again and again, since names of addresses change. */
class Ipv6 {
  usable: boolean
  #timer: Timer | undefined
  #stopped = false

  constructor(wanted: Config['outbound']['ipv6'], { resolver, clock, log }: SendingParts) {
    this.usable = wanted === 'always'
    if (wanted !== 'confirmed') return
    const look = async (): Promise<void> => {
      const confirmed = await ipv6Confirmed(publicIpv6(), resolver)
      if (confirmed !== this.usable) log.info('sending by IPv6', { usable: confirmed })
      this.usable = confirmed
      if (!this.#stopped) this.#timer = clock.after(IPV6_INTERVAL, () => void look())
    }
    void look()
  }

  stop(): void {
    this.#stopped = true
    this.#timer?.cancel()
  }
}
