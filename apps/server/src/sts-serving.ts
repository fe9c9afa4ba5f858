import type { Clock, Logger } from '@mailstead/base'
import type { Config } from '@mailstead/config'
import { listen, openTls, type ConnectionGate, type Listener, type Service, type TlsStore } from '@mailstead/net'
import type { Directory } from '@mailstead/store'
import { createStsService, stsPolicyText, type OwnStsPolicy } from '@mailstead/web'
import { STS_NAMED } from './limits.ts'
import { usualHosts } from './listeners.ts'

/** The policy of all our domains; `undefined`: they have none. */
export function ownStsPolicy({ mta_sts: { mode, mx, max_age: maxAge }, host_name: host }: Config): OwnStsPolicy | undefined {
  return mode === undefined ? undefined : { mode, mx: mx ?? [host], maxAge }
}

/** Those of `[[certificate]]`. Rejects with `TlsError`. */
export async function openCertificates(config: Config, dir: string, log: Logger, clock: Clock): Promise<readonly TlsStore[]> {
  const open: TlsStore[] = []
  try {
    for (const { cert_file: certFile, key_file: keyFile = certFile } of config.certificate) {
      open.push(await openTls({ dir, hostName: config.host_name, certFile, keyFile, log, clock }))
    }
    return open
  } catch (error) {
    for (const each of open) each.close()
    throw error
  }
}

export interface StsServingParts {
  readonly directory: Pick<Directory, 'findDomain' | 'listDomains'>
  /** The one that is for a name serves it. */
  readonly certificates: readonly TlsStore[]
  readonly gate: ConnectionGate
  readonly clock: Clock
  readonly log: Logger
  readonly anyPort: boolean
}

export interface OpenSts {
  readonly host: string
  readonly service: Service
  readonly listener: Listener
}

/** Serves our policy at each address that is listened on; nothing where there is none. Opens all or none. Rejects with `ListenError`. */
export async function openStsServing(config: Config, parts: StsServingParts): Promise<readonly OpenSts[]> {
  const policy = ownStsPolicy(config)
  if (policy === undefined) return []
  const { directory, certificates, gate, clock, log, anyPort } = parts
  await warn(policy, parts)
  const text = stsPolicyText(policy)
  const service = await createStsService({
    policyOf: async (domain) => ((await directory.findDomain(domain)) === undefined ? undefined : text),
    certificateFor: (name) => certificates.find((each) => each.covers(name))?.secureContext,
    clock,
    log,
  })
  const port = anyPort ? 0 : config.mta_sts.port + config.port_base
  const open: OpenSts[] = []
  try {
    for (const host of anyPort ? ['127.0.0.1'] : usualHosts(config)) {
      open.push({ host, service, listener: await listen({ host, port, service, gate, clock, log }) })
    }
    return open
  } catch (error) {
    await Promise.all(open.map(({ listener }) => listener.close()))
    throw error
  }
}

/** Of what makes senders keep their mail, or find no policy. */
async function warn({ mode }: OwnStsPolicy, { directory, certificates: [main, ...others], log }: StsServingParts): Promise<void> {
  if (mode === 'enforce' && main?.describe().source === 'local-ca')
    log.warn('MTA-STS is enforced, and nobody knows the authority of our certificate: other servers keep their mail')
  const certificates = main === undefined ? others : [main, ...others]
  const names = (await directory.listDomains()).map(({ name }) => `mta-sts.${name}`)
  const missing = names.filter((name) => !certificates.some((each) => each.covers(name)))
  if (missing.length > 0)
    log.warn('no certificate for the names that MTA-STS policies are served at', { names: missing.slice(0, STS_NAMED) })
}
