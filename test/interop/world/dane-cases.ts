import { tlsa, wrongTlsa } from './certificates.ts'
import { server, type CaseNames, type Shown } from './names.ts'

/** What has to become of mail: it arrives encrypted, in clear, or it waits, for this reason. */
export type Fate = 'encrypted' | 'clear' | { readonly waits: RegExp }

export interface DaneCase {
  /** The first label of its domain. */
  readonly id: string
  readonly what: string
  /** The zone that its domain is in; default: the one that is signed. */
  readonly zone?: 'insecure' | 'bogus'
  readonly fate: Fate
  /** `name`: its id and the server's label, what its domain begins with. */
  readonly names: (server: Shown, name: string) => CaseNames
}

const MISFIT = { waits: /4\.7\.5/ }

/** A case whose server is named so that its certificate fits, with these TLSA records. */
const fitting =
  (records: (shown: Shown) => readonly string[], address: 'main' | 'clear' | 'foreign' = 'main') =>
  (shown: Shown, name: string): CaseNames => {
    const host = `${name.replace('.', '.ok.')}.test`
    return {
      records: [...server(`${name}.test`, host, shown.addresses[address]), ...records(shown).map((data) => `_25._tcp.${host} ${data}`)],
    }
  }

export const DANE_CASES: readonly DaneCase[] = [
  { id: 'ee', what: '3 1 1', fate: 'encrypted', names: fitting(({ leaf }) => [tlsa(3, 1, 1, leaf)]) },
  { id: 'ee-cert', what: '3 0 2', fate: 'encrypted', names: fitting(({ leaf }) => [tlsa(3, 0, 2, leaf)]) },
  { id: 'ee-full', what: '3 0 0', fate: 'encrypted', names: fitting(({ leaf }) => [tlsa(3, 0, 0, leaf)]) },
  {
    id: 'ee-name',
    what: '3 1 1 for a certificate with another name',
    fate: 'encrypted',
    names: ({ addresses, leaf }, name) => ({
      records: [...server(`${name}.test`, `ee-name.other.test`, addresses.main), `_25._tcp.ee-name.other.test ${tlsa(3, 1, 1, leaf)}`].map(
        (record) => record.replaceAll('ee-name.other', `${name}.other`),
      ),
    }),
  },
  { id: 'ta', what: '2 0 1', fate: 'encrypted', names: fitting(({ authority }) => [tlsa(2, 0, 1, authority)]) },
  { id: 'ta-key', what: '2 1 1', fate: 'encrypted', names: fitting(({ authority }) => [tlsa(2, 1, 1, authority)]) },
  { id: 'ta-full', what: '2 0 0', fate: 'encrypted', names: fitting(({ authority }) => [tlsa(2, 0, 0, authority)]) },
  {
    id: 'ta-name',
    what: '2 0 1 for a certificate with another name',
    fate: MISFIT,
    names: ({ addresses, authority }, name) => ({
      records: [...server(`${name}.test`, `${name}.other.test`, addresses.main), `_25._tcp.${name}.other.test ${tlsa(2, 0, 1, authority)}`],
    }),
  },
  { id: 'roll', what: 'one of two records fits', fate: 'encrypted', names: fitting(({ leaf }) => [wrongTlsa(3, 1), tlsa(3, 1, 1, leaf)]) },
  { id: 'wrong', what: '3 1 1 of another key', fate: MISFIT, names: fitting(() => [wrongTlsa(3, 1)]) },
  { id: 'wrong-ta', what: '2 1 1 of another authority', fate: MISFIT, names: fitting(() => [wrongTlsa(2, 1)]) },
  { id: 'no-tls', what: 'a server without STARTTLS', fate: { waits: /TLS/ }, names: fitting(({ leaf }) => [tlsa(3, 1, 1, leaf)], 'clear') },
  { id: 'pkix', what: '1 1 1, which is no use', fate: 'encrypted', names: fitting(() => [wrongTlsa(1, 1)]) },
  { id: 'pkix-no-tls', what: '1 1 1 and no STARTTLS', fate: { waits: /TLS/ }, names: fitting(() => [wrongTlsa(1, 1)], 'clear') },
  { id: 'none', what: 'no TLSA record, and no STARTTLS', fate: 'clear', names: fitting(() => [], 'clear') },
  {
    id: 'bogus',
    what: 'a domain whose signatures do not hold',
    zone: 'bogus',
    fate: { waits: /MX of .*server-failure/ },
    names: ({ addresses, leaf }, name) => ({
      records: [
        ...server(`${name}.bogus.test`, `mx.${name}.bogus.test`, addresses.main),
        `_25._tcp.mx.${name}.bogus.test ${tlsa(3, 1, 1, leaf)}`,
      ],
    }),
  },
  {
    id: 'bogus-host',
    what: 'a server whose name is in a zone whose signatures do not hold',
    fate: { waits: /Address of .*server-failure/ },
    names: ({ addresses }, name) => ({ records: server(`${name}.test`, `${name}.bogus.test`, addresses.main) }),
  },
  {
    id: 'bogus-tlsa',
    what: 'TLSA records whose signatures do not hold',
    fate: { waits: /TLSA records of .*server-failure/ },
    names: (shown, name) => ({
      ...fitting(({ leaf }) => [tlsa(3, 1, 1, leaf)])(shown, name),
      zones: { [`_tcp.${name.replace('.', '.ok.')}.test`]: 'bogus' },
    }),
  },
  {
    id: 'silent',
    what: 'TLSA records that cannot be had in time',
    fate: { waits: /TLSA records of .*(timeout|server-failure)/ },
    names: (shown, name) => ({ ...fitting(() => [])(shown, name), zones: { [`_tcp.${name.replace('.', '.ok.')}.test`]: 'silent' } }),
  },
  {
    id: 'insecure',
    what: 'a zone that nobody vouches for, with a wrong record',
    zone: 'insecure',
    fate: 'encrypted',
    names: ({ addresses }, name) => ({
      records: [
        ...server(`${name}.insecure.test`, `mx.${name}.insecure.test`, addresses.main),
        `_25._tcp.mx.${name}.insecure.test ${wrongTlsa(3, 1)}`,
      ],
    }),
  },
  {
    id: 'insecure-no-tls',
    what: 'the same without STARTTLS',
    zone: 'insecure',
    fate: 'clear',
    names: ({ addresses }, name) => ({
      records: [
        ...server(`${name}.insecure.test`, `mx.${name}.insecure.test`, addresses.clear),
        `_25._tcp.mx.${name}.insecure.test ${wrongTlsa(3, 1)}`,
      ],
    }),
  },
  {
    id: 'alias',
    what: 'an alias: records under the name it leads to',
    fate: 'encrypted',
    names: alias((shown, name) => [`_25._tcp.${target(shown, name)} ${tlsa(3, 1, 1, shown.leaf)}`]),
  },
  {
    id: 'alias-wrong',
    what: 'an alias: wrong records under the name it leads to, right ones under its own',
    fate: MISFIT,
    names: alias((shown, name) => [
      `_25._tcp.${target(shown, name)} ${wrongTlsa(3, 1)}`,
      `_25._tcp.${host(name)} ${tlsa(3, 1, 1, shown.leaf)}`,
    ]),
  },
  {
    id: 'alias-own',
    what: 'an alias: a wrong record under its own name only',
    fate: MISFIT,
    names: alias((_, name) => [`_25._tcp.${host(name)} ${wrongTlsa(3, 1)}`]),
  },
  {
    id: 'alias-out',
    what: 'an alias into a zone that nobody vouches for: a wrong record under its own name (RFC 7672 section 2.2.2)',
    fate: MISFIT,
    names: ({ addresses }, name) => ({
      records: [
        `${name}.test MX 10 ${host(name)}`,
        `${host(name)} CNAME ${name}.insecure.test`,
        `${name}.insecure.test A ${addresses.main}`,
        `_25._tcp.${host(name)} ${wrongTlsa(3, 1)}`,
      ],
    }),
  },
  {
    id: 'alias-out-right',
    what: 'the same with the right record',
    fate: 'encrypted',
    names: ({ addresses, leaf }, name) => ({
      records: [
        `${name}.test MX 10 ${host(name)}`,
        `${host(name)} CNAME ${name}.insecure.test`,
        `${name}.insecure.test A ${addresses.main}`,
        `_25._tcp.${host(name)} ${tlsa(3, 1, 1, leaf)}`,
      ],
    }),
  },
  {
    id: 'alias-in',
    what: 'an alias in a zone that nobody vouches for, with a wrong record where it leads',
    fate: 'clear',
    names: ({ addresses }, name) => ({
      records: [
        `${name}.test MX 10 ${name}.insecure.test`,
        `${name}.insecure.test CNAME ${host(name)}`,
        `${host(name)} A ${addresses.clear}`,
        `_25._tcp.${host(name)} ${wrongTlsa(3, 1)}`,
      ],
    }),
  },
  {
    id: 'tlsa-alias',
    what: 'records that are an alias',
    fate: 'encrypted',
    names: ({ addresses, leaf }, name) => ({
      records: [
        ...server(`${name}.test`, host(name), addresses.main),
        `_25._tcp.${host(name)} CNAME _dane.${name}.test`,
        `_dane.${name}.test ${tlsa(3, 1, 1, leaf)}`,
      ],
    }),
  },
  {
    id: 'tlsa-alias-wrong',
    what: 'wrong records that are an alias',
    fate: MISFIT,
    names: ({ addresses }, name) => ({
      records: [
        ...server(`${name}.test`, host(name), addresses.main),
        `_25._tcp.${host(name)} CNAME _dane.${name}.test`,
        `_dane.${name}.test ${wrongTlsa(3, 1)}`,
      ],
    }),
  },
  {
    id: 'domain-alias',
    what: 'a domain that is an alias, with a wrong record',
    fate: MISFIT,
    names: ({ addresses }, name) => ({
      records: [
        `${name}.test CNAME real-${name}.test`,
        ...server(`real-${name}.test`, host(name), addresses.main),
        `_25._tcp.${host(name)} ${wrongTlsa(3, 1)}`,
      ],
    }),
  },
  {
    id: 'second',
    what: 'the best server with a wrong record, the next one with a right one',
    fate: 'encrypted',
    names: ({ addresses, leaf }, name) => ({
      records: [
        ...server(`${name}.test`, host(name), addresses.main),
        `${name}.test MX 20 ${host(`2${name}`)}`,
        `${host(`2${name}`)} A ${addresses.main}`,
        `_25._tcp.${host(name)} ${wrongTlsa(3, 1)}`,
        `_25._tcp.${host(`2${name}`)} ${tlsa(3, 1, 1, leaf)}`,
      ],
    }),
  },
]

/** The server of a case, by a name that its certificate has. */
function host(name: string): string {
  return `${name.replace('.', '.ok.')}.test`
}

/** What the server's name stands for. */
function target({ label }: Shown, name: string): string {
  return `target-${name.slice(0, name.indexOf('.'))}.ok.${label}.test`
}

function alias(records: (shown: Shown, name: string) => readonly string[]): DaneCase['names'] {
  return (shown, name) => ({
    records: [
      `${name}.test MX 10 ${host(name)}`,
      `${host(name)} CNAME ${target(shown, name)}`,
      `${target(shown, name)} A ${shown.addresses.main}`,
      ...records(shown, name),
    ],
  })
}
