import { networkInterfaces } from 'node:os'
import type { Clock, Logger } from '@mailstead/base'
import type { Config } from '@mailstead/config'
import { createResolver, dnsName, parseServer, type OpenResolver, type Resolver } from '@mailstead/resolver'
import { createScreening, type Screening } from '@mailstead/screening'
import type { SqliteStore } from '@mailstead/sqlite'

const SECOND = 1000

/** Asks the name servers of the configuration. */
export function openResolver({ servers, trusted, timeout }: Config['dns'], clock: Clock): OpenResolver {
  return createResolver({
    ...(servers === undefined ? {} : { servers: servers.flatMap((text) => parseServer(text) ?? []) }),
    trusted,
    serverTime: timeout * SECOND,
    clock,
  })
}

export interface ScreeningParts {
  readonly config: Config
  readonly resolver: Resolver
  readonly store: Pick<SqliteStore, 'directory' | 'greylist'>
  readonly log: Logger
  readonly clock: Clock
}

/** What judges strangers; `undefined`: the configuration wants nobody judged. */
export function openScreening({ config, resolver, store, log, clock }: ScreeningParts): Screening | undefined {
  const { screening, dns_list: lists } = config
  if (!screening.enabled) return undefined
  return createScreening({
    hostName: config.host_name,
    resolver,
    greylist: store.greylist,
    isOurs: async (name) => name === config.host_name || (await store.directory.findDomain(dnsName(name) ?? name)) !== undefined,
    trusted: [...screening.trusted, ...ownAddresses()],
    checks: {
      reverseName: screening.reverse_dns,
      helo: screening.helo,
      senderDomain: screening.sender_domain,
      earlyTalkers: screening.early_talkers,
      authentication: screening.authentication,
    },
    lists: lists.map(({ codes = {}, ...list }) => ({ ...list, codes })),
    thresholds: { greylist: screening.greylist_score, refuse: screening.refuse_score },
    greylistDelay: screening.greylist_delay * SECOND,
    patience: screening.timeout * SECOND,
    log,
    clock,
  })
}

/** Programs on this machine may come by any of its addresses. */
function ownAddresses(): string[] {
  return Object.values(networkInterfaces()).flatMap((all) => (all ?? []).map(({ address }) => address.split('%')[0] ?? address))
}
