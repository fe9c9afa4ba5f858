import type { Clock, Logger } from '@mailstead/base'
import type { Config } from '@mailstead/config'
import type { Delivery } from '@mailstead/delivery'
import type { StsTrouble, TlsResult } from '@mailstead/outbound'
import type { Resolver } from '@mailstead/resolver'
import type { SqliteStore } from '@mailstead/sqlite'
import { REPORTS_LOCAL_PART, startTlsReporter, TlsCounts, type ReportAuthor } from '@mailstead/tls-reports'

export interface TlsReportingParts {
  readonly store: Pick<SqliteStore, 'directory' | 'stores' | 'tlsReports'>
  readonly delivery: Delivery
  readonly resolver: Resolver
  readonly clock: Clock
  readonly log: Logger
}

export interface TlsReporting {
  onTls(result: TlsResult): void
  onTrouble(trouble: StsTrouble): void
  /** Writes what is counted. */
  stop(): Promise<void>
}

/** Counts how TLS goes with others, and tells them; `undefined`: the configuration wants nobody told. */
export function startTlsReporting(config: Config, parts: TlsReportingParts): TlsReporting | undefined {
  if (!config.tls_reports.send) return undefined
  const { store, ...rest } = parts
  const { tlsReports: reports } = store
  const counts = new TlsCounts({ reports, ...rest })
  const author = (): Promise<ReportAuthor> => authorOf(config, store.directory)
  const reporter = startTlsReporter({ ...rest, reports, blobs: store.stores.blobs, author })
  return {
    onTls: (result) => counts.add(result),
    onTrouble({ domain, ...trouble }) {
      const policy = { type: 'sts', domain, lines: [], patterns: [] } as const
      counts.add({ ...trouble, domain, policy, host: '', address: '', source: '' })
    },
    async stop() {
      await reporter.stop()
      await counts.write()
    },
  }
}

async function authorOf({ host_name: hostName, tls_reports: given }: Config, directory: SqliteStore['directory']): Promise<ReportAuthor> {
  const home = (await directory.listDomains()).find(({ isDefault }) => isDefault)?.name ?? hostName
  const { organization = hostName, contact = `${REPORTS_LOCAL_PART}@${home}` } = given
  return { organization, contact, hostName }
}
