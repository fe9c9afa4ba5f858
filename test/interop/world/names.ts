import type { X509Certificate } from 'node:crypto'
import type { Addresses, ServerAddresses } from './addresses.ts'
import { tlsa } from './certificates.ts'
import { DANE_CASES } from './dane-cases.ts'
import type { Names, ZoneKind } from './dns.ts'
import { STS_CASES } from './sts-cases.ts'

/** A server that cases are made for: what its names lead to, and what it shows. */
export interface Shown {
  readonly label: string
  readonly addresses: ServerAddresses
  readonly leaf: X509Certificate
  readonly authority: X509Certificate
}

export interface Mapped {
  readonly label: string
  readonly addresses: ServerAddresses
  /** What TLSA records vouch for, where the server's own name leads. */
  readonly certificate: X509Certificate
  /** What it says itself that is to stand in DNS; absent: it says nothing. */
  readonly printed?: readonly string[]
}

/** What a case adds to DNS. */
export interface CaseNames {
  readonly records: readonly string[]
  readonly zones?: Readonly<Record<string, ZoneKind>>
}

/** All that stands in DNS: of every server its three domains, and the domains of all cases. */
export function namesOf(servers: readonly Mapped[], shown: readonly Shown[], { policies }: Addresses): Names {
  const cases = shown.flatMap((server) => [
    ...DANE_CASES.map((each) => each.names(server, `${each.id}.${server.label}`)),
    ...STS_CASES.map((each) => each.names(server, `${each.id}.${server.label}`, policies)),
  ])
  return {
    zones: new Map<string, ZoneKind>([
      ['insecure.test', 'insecure'],
      ['bogus.test', 'bogus'],
      ...cases.flatMap(({ zones = {} }) => Object.entries(zones)),
    ]),
    records: [...new Set([...servers.flatMap(ownNames), ...cases.flatMap(({ records }) => records)])],
  }
}

/** x.test is vouched for by DANE, x.insecure.test by nobody, and clear.x.test takes mail in clear. wrong.x.test is somebody who pretends to be x. */
function ownNames({ label, addresses: { main, clear }, certificate, printed }: Mapped): string[] {
  const [secure, insecure] = [`${label}.test`, `${label}.insecure.test`]
  return [
    `mx.${secure} A ${main}`,
    ...(printed ?? [`${secure} MX 10 mx.${secure}`, `_25._tcp.mx.${secure} ${tlsa(3, 1, 1, certificate)}`]),
    ...server(insecure, `mx.${insecure}`, main),
    ...server(`clear.${secure}`, `clear-mx.${secure}`, clear),
    ...server(`wrong.${secure}`, `wrong-mx.${secure}`, main),
    `_25._tcp.wrong-mx.${secure} TLSA 3 1 1 ${'cd'.repeat(32)}`,
  ]
}

export const server = (domain: string, host: string, address: string): string[] => [`${domain} MX 10 ${host}`, `${host} A ${address}`]
