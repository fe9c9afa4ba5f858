import type { Clock, Logger, Timer } from '@mailstead/base'
import { FILE_POLL, RENEWAL_CHECK } from '../limits.ts'
import type { TlsSource } from '../service.ts'
import { loadClientCa } from './client-ca.ts'
import type { ServerCertificate } from './context.ts'
import { fileVersion, loadGiven, type GivenFiles } from './given.ts'
import { caFileIn, isDue, openLocal } from './local.ts'
import { certificateNames } from './names.ts'

export interface OpenTlsOptions {
  /** The data folder: `ca.pem` and `tls/` are made there when no file is given. */
  readonly dir: string
  readonly hostName: string
  /** Further DNS names and IP addresses of this machine. */
  readonly names?: readonly string[]
  /** PEM, the server's own certificate first. */
  readonly certFile?: string
  /** PEM; left out: the key is in `certFile`. */
  readonly keyFile?: string
  /** PEM: clients are asked for a certificate, and these authorities' are taken. */
  readonly clientCaFile?: string
  readonly log: Logger
  readonly clock: Clock
}

/** The certificate now served, for `status` and the log. */
export interface CertificateInfo {
  /** `local-ca`: made here, clients import `caFile`. */
  readonly source: 'local-ca' | 'files'
  readonly caFile: string | undefined
  /** SHA-256, `AB:CD:…`. */
  readonly fingerprint: string
  /** DNS names and IP addresses. */
  readonly names: readonly string[]
  readonly issuer: string
  readonly notBefore: Date
  readonly notAfter: Date
}

export interface TlsStore extends TlsSource {
  describe(): CertificateInfo
  /** Whether it is for this name. */
  covers(name: string): boolean
  /** Reads the files again, or renews our own certificate when it is due. False: in trouble, the old one stays; the log says why. */
  reload(): Promise<boolean>
  /** Looks no more at files and dates. */
  close(): void
}

/** Loads the given certificate, or makes one on the first run. Rejects with `TlsError`. */
export async function openTls(options: OpenTlsOptions): Promise<TlsStore> {
  const { certFile, keyFile } = options
  return certFile === undefined ? openOwn(options) : openGiven({ certFile, keyFile: keyFile ?? certFile }, options)
}

async function openGiven(files: GivenFiles, options: OpenTlsOptions): Promise<TlsStore> {
  const { log, clock } = options
  let version = await fileVersion(files)
  let current = await withClients(await loadGiven(files), options)
  warnOfDate(current, clock, log)
  const reload = oneAtATime(async () => {
    try {
      version = await fileVersion(files)
      current = await withClients(await loadGiven(files), options)
    } catch (error) {
      log.error('certificate not reloaded, the old one stays', { error: error instanceof Error ? error.message : String(error) })
      return false
    }
    log.info('certificate reloaded', { file: files.certFile, expires: current.leaf.validToDate.toISOString() })
    warnOfDate(current, clock, log)
    return true
  })
  const timer = every(clock, FILE_POLL, async () => {
    if ((await fileVersion(files)) !== version) await reload()
  })
  return store(() => current, { source: 'files', caFile: undefined }, options, { reload, timer })
}

async function openOwn(options: OpenTlsOptions): Promise<TlsStore> {
  const { dir, hostName, names = [], log, clock } = options
  const wanted = certificateNames(hostName, names)
  let current = await withClients(await openLocal(dir, wanted, clock.now(), log), options)
  const reload = oneAtATime(async () => {
    try {
      current = await withClients(await openLocal(dir, wanted, clock.now(), log), options)
      return true
    } catch (error) {
      log.error('certificate not renewed, the old one stays', { error: error instanceof Error ? error.message : String(error) })
      return false
    }
  })
  const timer = every(clock, RENEWAL_CHECK, async () => {
    if (isDue(current.leaf, clock.now())) await reload()
  })
  return store(() => current, { source: 'local-ca', caFile: caFileIn(dir) }, options, { reload, timer })
}

async function withClients(served: ServerCertificate, { clientCaFile }: OpenTlsOptions): Promise<ServerCertificate> {
  return clientCaFile === undefined ? served : { ...served, context: served.accepting(await loadClientCa(clientCaFile)) }
}

function store(
  current: () => ServerCertificate,
  origin: Pick<CertificateInfo, 'source' | 'caFile'>,
  { clientCaFile }: OpenTlsOptions,
  { reload, timer }: { readonly reload: () => Promise<boolean>; readonly timer: Timer },
): TlsStore {
  return {
    get secureContext() {
      return current().context
    },
    asksForCertificate: clientCaFile !== undefined,
    covers: (name) => current().leaf.checkHost(name, { subject: 'never' }) !== undefined,
    describe: () => ({ ...origin, ...facts(current()) }),
    reload,
    close: () => timer.cancel(),
  }
}

/** Who asks during a reload gets its outcome, so that an older reading never replaces a newer one. */
function oneAtATime(reload: () => Promise<boolean>): () => Promise<boolean> {
  let running: Promise<boolean> | undefined
  return () => (running ??= reload().finally(() => (running = undefined)))
}

function facts({ leaf }: ServerCertificate): Omit<CertificateInfo, 'source' | 'caFile'> {
  return {
    fingerprint: leaf.fingerprint256,
    names: (leaf.subjectAltName ?? '').split(', ').map((name) => name.replace(/^(DNS|IP Address):/, '')),
    issuer: leaf.issuer.replaceAll('\n', ', '),
    notBefore: leaf.validFromDate,
    notAfter: leaf.validToDate,
  }
}

function warnOfDate({ leaf }: ServerCertificate, clock: Clock, log: Logger): void {
  const now = clock.now()
  if (now > leaf.validToDate.getTime()) log.error('the certificate has expired', { expired: leaf.validToDate.toISOString() })
  else if (now < leaf.validFromDate.getTime()) log.error('the certificate is not valid yet', { from: leaf.validFromDate.toISOString() })
}

/** Runs `look` every `ms`, each time after the last has finished. */
function every(clock: Clock, ms: number, look: () => Promise<void>): Timer {
  let stopped = false
  let timer = clock.after(ms, tick)
  function tick(): void {
    void look().finally(() => {
      if (!stopped) timer = clock.after(ms, tick)
    })
  }
  return {
    cancel() {
      stopped = true
      timer.cancel()
    },
  }
}
