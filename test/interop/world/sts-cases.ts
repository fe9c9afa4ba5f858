import { wrongTlsa } from './certificates.ts'
import type { Fate } from './dane-cases.ts'
import { server, type CaseNames, type Shown } from './names.ts'

export interface StsCase {
  /** The first label of its domain. */
  readonly id: string
  /** The zone that its domain is in, as of the cases of DANE. */
  readonly zone?: 'insecure'
  readonly what: string
  readonly fate: Fate
  /** Whether the server goes by a name that its certificate has; default: it does. */
  readonly fits?: false
  /** The policy for a server of this name. */
  readonly policy: (host: string) => string
  /** What answers for the policy; default: a web server with the right certificate and 200. */
  readonly answer?: { readonly status?: number; readonly stranger?: boolean; readonly type?: string }
  readonly names: (server: Shown, name: string, policies: string) => CaseNames
}

const MISFIT = { waits: /4\.7\.5/ }
const policy = (mode: string, mx: string): string => `version: STSv1\r\nmode: ${mode}\r\nmx: ${mx}\r\nmax_age: 86400\r\n`
const enforced = (host: string): string => policy('enforce', host)

/** `fits`: the server goes by a name that its certificate has. */
const at =
  (address: 'main' | 'clear' | 'foreign', fits: boolean, more: (host: string) => readonly string[] = () => []) =>
  ({ addresses }: Shown, name: string, policies: string): CaseNames => {
    const domain = `${name}.insecure.test`
    const host = hostOf(name, fits)
    return {
      records: [
        ...server(domain, host, addresses[address]),
        `_mta-sts.${domain} TXT "v=STSv1; id=1;"`,
        `mta-sts.${domain} A ${policies}`,
        ...more(host),
      ],
    }
  }

/** The name of a case's server; `name`: the case's id and the server's label. */
export function hostOf(name: string, fits: boolean): string {
  return `${name.replace('.', fits ? '.ok.' : '.other.')}.test`
}

export const STS_CASES: readonly StsCase[] = [
  { id: 'sts-good', zone: 'insecure', what: 'enforced, all is right', fate: 'encrypted', policy: enforced, names: at('main', true) },
  {
    id: 'sts-any',
    zone: 'insecure',
    what: 'enforced for all names below one',
    fate: 'encrypted',
    policy: (host) => enforced(`*${host.slice(host.indexOf('.'))}`),
    names: at('main', true),
  },
  {
    id: 'sts-mx',
    zone: 'insecure',
    what: 'enforced for another server',
    fate: MISFIT,
    policy: () => enforced('mx.elsewhere.test'),
    names: at('main', true),
  },
  {
    id: 'sts-deep',
    zone: 'insecure',
    what: 'enforced for all names one label above',
    fate: MISFIT,
    policy: (host) => enforced(`*${host.slice(host.indexOf('.', host.indexOf('.') + 1))}`),
    names: at('main', true),
  },
  {
    id: 'sts-name',
    zone: 'insecure',
    what: 'enforced, a certificate for another name',
    fate: MISFIT,
    policy: enforced,
    fits: false,
    names: at('main', false),
  },
  {
    id: 'sts-foreign',
    zone: 'insecure',
    what: 'enforced, a certificate of nobody known',
    fate: MISFIT,
    policy: enforced,
    names: at('foreign', true),
  },
  { id: 'sts-clear', zone: 'insecure', what: 'enforced, no STARTTLS', fate: { waits: /TLS/ }, policy: enforced, names: at('clear', true) },
  {
    id: 'sts-testing',
    zone: 'insecure',
    what: 'tested only, a certificate for another name',
    fate: 'encrypted',
    policy: (host) => policy('testing', host),
    fits: false,
    names: at('main', false),
  },
  {
    id: 'sts-testing-mx',
    zone: 'insecure',
    what: 'tested only, another server',
    fate: 'clear',
    policy: () => policy('testing', 'mx.elsewhere.test'),
    names: at('clear', true),
  },
  {
    id: 'sts-none',
    zone: 'insecure',
    what: 'mode none',
    fate: 'clear',
    policy: () => policy('none', 'mx.elsewhere.test'),
    names: at('clear', true),
  },
  {
    id: 'sts-stranger',
    zone: 'insecure',
    what: 'a policy from a server without a good certificate counts for nothing',
    fate: 'clear',
    policy: () => enforced('mx.elsewhere.test'),
    answer: { stranger: true },
    names: at('clear', true),
  },
  {
    id: 'sts-404',
    zone: 'insecure',
    what: 'a policy that is not there counts for nothing',
    fate: 'clear',
    policy: () => enforced('mx.elsewhere.test'),
    answer: { status: 404 },
    names: at('clear', true),
  },
  {
    id: 'sts-dane',
    what: 'enforced and right, while DANE fails',
    fate: MISFIT,
    policy: enforced,
    names: ({ addresses }, name, policies) => {
      const host = hostOf(name, true)
      return {
        records: [
          ...server(`${name}.test`, host, addresses.main),
          `_25._tcp.${host} ${wrongTlsa(3, 1)}`,
          `_mta-sts.${name}.test TXT "v=STSv1; id=1;"`,
          `mta-sts.${name}.test A ${policies}`,
        ],
      }
    },
  },
]
